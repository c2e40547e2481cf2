import type { Child, FC, PropsWithChildren } from 'hono/jsx'
import type { FormProblem } from '../forms.ts'
import { visibleText } from './text.tsx'

/** Why what was sent was not done; `TextField` refers to it. Once a page. */
export const Problem: FC<{ readonly of: FormProblem | undefined }> = ({ of }) =>
  of ? (
    <p class="problem" role="alert" id="problem">
      {visibleText(of.message)}
    </p>
  ) : null

type TextFieldProps = {
  readonly label: string
  readonly name: string
  readonly charsMax: number
  readonly isRequired?: boolean
  readonly problem?: FormProblem | undefined
  /** What is in it already. */
  readonly typed?: string | undefined
  readonly hint?: Child
}

/** A text of one line, marked where the problem is about it. With `autocomplete` off, browsers do not put back what was typed. */
export const LineField: FC<
  Omit<TextFieldProps, 'charsMax'> & {
    readonly pattern?: string
    /** Where browsers would fill in who signs in. */
    readonly autocomplete?: 'off'
  }
> = ({ label, name, problem, typed, hint, ...rest }) => (
  <label>
    {label}
    <input
      name={name}
      value={typed ?? ''}
      required={rest.isRequired ?? false}
      pattern={rest.pattern}
      autocomplete={rest.autocomplete}
      autocapitalize="none"
      spellcheck={false}
      autofocus={problem?.field === name}
      aria-invalid={problem?.field === name ? 'true' : undefined}
      aria-describedby={problem?.field === name ? 'problem' : undefined}
    />
    {hint === undefined ? null : <span class="hint">{hint}</span>}
    <Beside name={name} problem={problem} />
  </label>
)

/** A text of several lines, marked where the problem is about it. */
export const TextField: FC<TextFieldProps> = ({ label, name, problem, typed, hint, ...rest }) => (
  <label>
    {label}
    <textarea
      name={name}
      maxlength={rest.charsMax}
      required={rest.isRequired ?? false}
      autofocus={problem?.field === name}
      aria-invalid={problem?.field === name ? 'true' : undefined}
      aria-describedby={problem ? 'problem' : undefined}
    >
      {typed ?? ''}
    </textarea>
    {hint === undefined ? null : <span class="hint">{hint}</span>}
    <Beside name={name} problem={problem} />
  </label>
)

/** The problem again, for eyes that are at the field and not at the head of the page. */
export const Beside: FC<Pick<TextFieldProps, 'name' | 'problem'>> = ({ name, problem }) =>
  problem?.field === name ? (
    <span class="hint bad-text" aria-hidden="true">
      {visibleText(problem.message)}
    </span>
  ) : null

type FoldProps = PropsWithChildren<{
  readonly title: Child
  /** Whether a phone has it unfolded, for something in it is wrong. */
  readonly isOpen?: boolean
}>

/** What a phone folds, to leave room for what is below; wide, it is there without its title. */
export const Fold: FC<FoldProps> = ({ title, isOpen, children }) => (
  <details class="fold" open={isOpen}>
    <summary>{title}</summary>
    {children}
  </details>
)
