import tab from '@bomb.sh/tab/commander'
import type { Command } from 'commander'
import { ioOf } from '../io.ts'

/**
 * `gatehouse completion bash|zsh|fish` prints a script for the shell, which asks `gatehouse complete`
 * what may come next. Call it when all commands are there.
 */
export function addCompletion(program: Command): void {
  const suggestions = tab(program, { completionCommandName: 'completion' })
  const name = program.name()
  const command = program.commands.find((one) => one.name() === 'completion')
  command
    ?.description('print a script that makes a shell complete commands and flags')
    .helpGroup('Shell:')
    .action((shell: string) => {
      if (shell === 'bash') ioOf(command).out.write(bashScript(name))
      else suggestions.setup(name, name, shell)
    })
}

/**
 * The library's script for bash needs the package bash-completion, which macOS and most images lack,
 * and runs what is typed in order to split it. This one needs bash 3.2 alone, and runs nothing of it.
 */
function bashScript(name: string): string {
  return `# bash completion for ${name}
_${name}() {
  local line=\${COMP_LINE:0:COMP_POINT} typed kept value
  local -a words
  read -ra words <<< "$line"
  [[ $line == *[[:blank:]] ]] && words+=('')
  typed=\${words[\${#words[@]}-1]}
  # Of a flag with a value the value is completed; bash puts in what stands behind the last colon.
  [[ $typed == --*=* ]] && typed=\${typed#*=}
  kept=\${typed%"\${typed##*:}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value _; do
    # The last line is for shells that cannot fall back to files by themselves.
    [[ $value == :* ]] && break
    [[ $value == "$typed"* ]] && COMPREPLY+=("\${value#"$kept"}")
  done < <(${name} complete -- "\${words[@]:1}" 2> /dev/null)
}
complete -o default -F _${name} ${name}
`
}
