import type { JSX } from 'react'
import { useAllCommands } from '../store/commands.ts'
import { text } from '../text.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Keys } from './keys.tsx'

/** The keys that do something here. */
export function KeySheet({ onClose }: { onClose: () => void }): JSX.Element {
  const commands = useAllCommands()
  const fixed = [
    { id: 'send', name: text.keys.send, keys: 'Enter' },
    { id: 'newline', name: text.keys.newline, keys: 'Shift+Enter' },
    { id: 'leave', name: text.keys.leave, keys: 'Shift+F6' },
  ]
  const rows = [...commands.filter(each => each.keys), ...fixed]
  return (
    <Dialog title={text.keys.title} onClose={onClose}>
      <dl className="grid grid-cols-[1fr_auto] gap-x-6 gap-y-2 p-5 text-sm">
        {rows.map(({ id, name, keys }) => (
          <div key={id} className="contents">
            <dt>{name}</dt>
            <dd>{keys && <Keys keys={keys} />}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  )
}
