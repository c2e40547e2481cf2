import type { FC, PropsWithChildren } from 'hono/jsx'
import type { Paths } from '../paths.ts'
import type { Frame } from '../shell/frame.ts'
import { type Crumb, Page } from '../shell/page.tsx'

/** The parts of the settings, in the order of their list. */
const sections = {
  policies: 'Policies',
  webhooks: 'Webhooks',
  users: 'Users',
  groups: 'Groups',
  'service-accounts': 'Service accounts',
  tokens: 'Access tokens',
  grants: 'Grants',
  identities: 'Identities',
  stages: 'Stages',
  keys: 'Keys',
  traces: 'Traces',
  retention: 'Retention',
  storage: 'Storage',
} as const

export type SettingsSection = keyof typeof sections

/** The frame of a page of the settings. */
export type SettingsFrame = Frame & {
  /** Those that the caller may see. */
  readonly sections: ReadonlySet<SettingsSection>
}

type SettingsPageProps = PropsWithChildren<
  Pick<Parameters<typeof Page>[0], 'title' | 'heading' | 'about' | 'actions' | 'api'> & {
    readonly frame: SettingsFrame
    readonly at: SettingsSection
    /** The way from the section to this page. */
    readonly crumbs?: readonly Crumb[]
  }
>

/** A page of the settings, beside the list of all parts. */
export const SettingsPage: FC<SettingsPageProps> = ({
  frame,
  at,
  crumbs = [],
  children,
  ...rest
}) => (
  <Page
    frame={frame}
    section="settings"
    crumbs={[
      { text: 'Settings', href: frame.to.settings },
      ...(crumbs.length === 0
        ? [{ text: sections[at] }]
        : [{ text: sections[at], href: sectionPath(frame.to, at) }, ...crumbs]),
    ]}
    {...rest}
  >
    <div class="settings">
      <nav class="sections" aria-label="Settings">
        <ul>
          {listed(frame).map(([id, text]) => (
            <li>
              <a
                href={sectionPath(frame.to, id)}
                aria-current={id === at ? (crumbs.length === 0 ? 'page' : 'true') : undefined}
              >
                {text}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <div class="stack">{children}</div>
    </div>
  </Page>
)

function listed(frame: SettingsFrame): [SettingsSection, string][] {
  return [...frame.sections].map((id) => [id, sections[id]])
}

function sectionPath(to: Paths, section: SettingsSection): string {
  return `${to.settings}/${section}`
}
