import type { Call } from './call.ts'
import type { Rule } from './rule.ts'
import type { Word } from './shell-command.ts'

/** Options of git itself that take the next word. */
const VALUED = new Set([
  '-C',
  '-c',
  '--git-dir',
  '--work-tree',
  '--namespace',
  '--exec-path',
  '--config-env',
  '--super-prefix',
])

interface GitCall {
  readonly global: readonly Word[]
  readonly verb: string
  readonly rest: readonly Word[]
}

function split(call: Call): GitCall {
  let at = 0
  while (call.args[at]?.text.startsWith('-')) at += VALUED.has(call.args[at]?.text ?? '') ? 2 : 1
  return { global: call.args.slice(0, at), verb: call.args[at]?.text ?? '', rest: call.args.slice(at + 1) }
}

/** Settings that start no program and change nobody's rights. */
const HARMLESS =
  /^(user\.(name|email)|color\.|core\.(quotepath|autocrlf|filemode|ignorecase)|advice\.|init\.defaultbranch|commit\.gpgsign=false|log\.|diff\.(renames|noprefix)|safe\.directory|core\.pager=(cat)?$|pager\.\w+=(false|cat)$|pull\.(rebase|ff)|push\.default)/i

const gitRule = (
  id: string,
  risk: Rule['risk'],
  because: string,
  find: (git: GitCall, call: Call) => string | undefined,
): Rule => ({
  id,
  of: ['git'],
  risk,
  because,
  find: call => find(split(call), call),
})
const option = (words: readonly Word[], pattern: RegExp): string | undefined =>
  words.find(({ text }) => pattern.test(text))?.text

const LOOKING =
  'status log diff show blame ls-files ls-tree rev-parse describe shortlog grep cat-file rev-list name-rev merge-base show-ref for-each-ref count-objects var version help add branch reflog check-ignore annotate whatchanged diff-tree init mv'.split(
    ' ',
  )

/** The rules for git: it can run programs, forget history and reach the network in many ways. */
export const gitRules: readonly Rule[] = [
  gitRule('git-settings', 2, 'is told by $ what programs to run', ({ global }) =>
    global
      .map(({ text }, index) => (text === '-c' ? global[index + 1]?.text : /^-c./.test(text) ? text.slice(2) : text))
      .find(
        (text, index) =>
          text !== undefined &&
          (/^--(exec-path|config-env)/.test(text) ||
            ((global[index]?.text === '-c' || /^-c./.test(global[index]?.text ?? '')) && !HARMLESS.test(text))),
      ),
  ),
  gitRule('git-config', 2, 'would change a setting of git: $', ({ verb, rest }) => {
    if (verb !== 'config') return undefined
    if (option(rest, /^--(global|system|file|edit|add|replace-all|unset.*|remove-section|rename-section)|^-[ef]$/))
      return 'for good'
    const words = rest.filter(({ text }) => !text.startsWith('-'))
    return words.length > 1 && words[0]?.text !== 'get' && !HARMLESS.test(words[0]?.text ?? '')
      ? words[0]?.text
      : undefined
  }),
  gitRule(
    'git-executes',
    2,
    'would start another program through $',
    ({ verb, rest }) =>
      option(
        rest,
        /^(--upload-pack|--receive-pack|--exec|--ext-diff|--extcmd|--tree-filter|--open-files-in-pager|--template|ext::)/,
      ) ??
      (verb === 'grep' ? option(rest, /^-O/) : undefined) ??
      (['rebase', 'difftool', 'mergetool'].includes(verb) ? option(rest, /^-x$/) : undefined) ??
      (verb === 'clone' ? option(rest, /^(-u|-c|--config)$/) : undefined) ??
      (verb === 'bisect' && rest[0]?.text === 'run' ? 'bisect run' : undefined) ??
      (verb === 'submodule' && rest.some(({ text }) => text === 'foreach') ? 'submodule foreach' : undefined),
  ),
  gitRule('git-rewrites', 2, 'would rewrite or lose history: $', ({ verb, rest }) => {
    if (['filter-branch', 'filter-repo', 'replace', 'prune', 'update-ref'].includes(verb)) return verb
    if (verb === 'reflog') return option(rest, /^(expire|delete)$/)
    if (verb === 'gc') return option(rest, /^--prune/)
    if (verb === 'stash') return option(rest, /^(clear)$/)
    return verb === 'push'
      ? option(rest, /^(-\w*f\w*|--force.*|--mirror|--delete|-\w*d\w*|--prune|\+.*|:.+)$/)
      : undefined
  }),
  gitRule('git-push-elsewhere', 2, 'would send the history to $', ({ verb, rest }) => {
    if (verb === 'remote') return ['add', 'set-url'].includes(rest[0]?.text ?? '') ? rest.at(-1)?.text : undefined
    if (verb !== 'push') return undefined
    const target = rest.find(({ text }) => !text.startsWith('-'))
    return target && !(target.literal && ['origin', 'upstream'].includes(target.text))
      ? target.text || 'a computed place'
      : undefined
  }),
  gitRule('git-clean', 2, 'would delete files that git does not know: $', ({ global, verb, rest }, call) => {
    if (verb !== 'clean' || option(rest, /^(-\w*n\w*|--dry-run)$/)) return undefined
    const paths = [...call.values('-C'), ...rest.filter(({ text }) => !text.startsWith('-'))]
    const beyond = paths.find(path => !['workspace', 'temporary'].includes(call.place(path) ?? ''))
    return beyond?.text ?? option(rest, /^-\w*[xX]/) ?? option(global, /^--(git-dir|work-tree)/)
  }),
  gitRule('git-changes', 1, 'changes the repository or uses the network ($)', ({ verb }) =>
    LOOKING.includes(verb) || verb === '' ? undefined : verb,
  ),
]
