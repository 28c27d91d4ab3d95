import type { LogHit } from '@openhands/protocol'
import { planText, searchText, text } from '../../text.ts'
import type { IconName } from '../../ui/icon.tsx'

const { kinds } = searchText
const acts: ReadonlyMap<string, readonly [string, IconName]> = new Map([
  ['run', [text.act.run, 'terminal']],
  ['run_ipython', [text.act.run_ipython, 'python']],
  ['browse', [text.act.browse, 'globe']],
  ['browse_interactive', [text.act.browse_interactive, 'globe']],
  ['read', [text.act.read, 'eye']],
  ['write', [text.act.write, 'file']],
  ['edit', [text.act.edit, 'edit']],
  ['delegate', [text.act.delegate, 'people']],
])

/** What a hit is in, in words and as a drawing. */
export function nameOfHit({ kind, is_action, source }: Pick<LogHit, 'kind' | 'is_action' | 'source'>): {
  readonly name: string
  readonly icon: IconName
} {
  const [act, icon] = acts.get(kind) ?? []
  if (act && icon) return { name: is_action ? act : kinds.output(act), icon }
  if (kind === 'message' || kind === 'amend')
    return source === 'user' ? { name: kinds.you, icon: 'chat' } : { name: kinds.agent, icon: 'chat' }
  if (kind === 'plan') return { name: planText.title, icon: 'list' }
  if (kind === 'think') return { name: kinds.thought, icon: 'bulb' }
  if (kind === 'finish') return { name: kinds.done, icon: 'check' }
  if (kind === 'reject') return { name: kinds.gaveUp, icon: 'cross' }
  if (kind === 'error') return { name: kinds.trouble, icon: 'warning' }
  return { name: kinds.note, icon: 'dots' }
}
