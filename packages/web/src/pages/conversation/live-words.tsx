import type { JSX } from 'react'
import { useConversation } from '../../store/use-conversation.ts'
import { StreamingMarkdown } from '../../ui/markdown.tsx'
import { Thoughts } from './thoughts.tsx'
import { OutgoingRow } from './user-row.tsx'

/** What the model says and thinks while it does, and what the user has said that the log does not have yet. */
export function LiveWords(): JSX.Element {
  const words = useConversation(view => view.live.text)
  const reasoning = useConversation(view => view.live.reasoning)
  const outbox = useConversation(view => view.outbox)
  return (
    <div className="flex flex-col gap-2" aria-busy="true">
      {reasoning !== '' && <Thoughts text={reasoning} live={words === ''} />}
      {words !== '' && <StreamingMarkdown text={words} />}
      {outbox.map(message => (
        <OutgoingRow key={message.id} message={message} />
      ))}
    </div>
  )
}
