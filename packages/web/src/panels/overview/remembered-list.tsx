import type { Conversation, Remembered } from '@openhands/protocol'
import type { JSX } from 'react'
import { hrefOf } from '../../store/route.ts'
import { useStore } from '../../store/use-conversation.ts'
import { approvalText } from '../../text.ts'
import { Button } from '../../ui/button.tsx'
import { ExactText } from '../../ui/exact-text.tsx'

const words = approvalText.list

interface ListProps {
  readonly remembered: Conversation['remembered']
  /** How the session asks, where that is known. */
  readonly confirmation: string | undefined
}

/** What the user has allowed for the session, the newest first, and how to be asked again. */
export function RememberedList({ remembered, confirmation }: ListProps): JSX.Element {
  const store = useStore()
  const forget = (approval: number | null): void => void store.send({ action: 'forget', args: { approval } })
  return (
    <section aria-label={words.title}>
      <h2 className="mb-2 font-semibold">{words.title}</h2>
      {remembered.length === 0 && <p className="text-muted">{words.empty}</p>}
      <ul className="flex flex-col gap-2">
        {remembered.toReversed().map(each => (
          <Entry
            key={each.id}
            one={each}
            isUsed={each.scope === 'exactly' || confirmation !== 'always'}
            session={store.session}
            onForget={() => forget(each.id)}
          />
        ))}
      </ul>
      {remembered.length > 1 && (
        <Button small className="mt-3" onClick={() => forget(null)}>
          {words.forgetAll}
        </Button>
      )}
    </section>
  )
}

interface EntryProps {
  readonly one: Remembered
  readonly isUsed: boolean
  readonly session: string
  readonly onForget: () => void
}

function Entry({ one, isUsed, session, onForget }: EntryProps): JSX.Element {
  const isExact = one.scope === 'exactly'
  const kind = words.kind(one.kind, one.risk)
  return (
    <li className="flex items-start gap-3 rounded-lg border border-line bg-card px-3 py-2">
      <div className="min-w-0 flex-1">
        <p className="font-medium">{isExact ? words.exactly(words.kinds[one.kind]) : kind}</p>
        {isExact && <ExactText text={one.title} />}
        <p className="text-xs text-muted">
          {isExact && one.kind === 'command' && one.folder !== null && `${words.folder(one.folder)}, `}
          {words.allowedAt}{' '}
          <a
            href={hrefOf({ page: 'conversation', id: session, event: one.action })}
            className="inline-block py-1 text-accent underline"
          >
            #{one.id}
          </a>
        </p>
        {!isUsed && <p className="text-xs text-warn">{words.unused}</p>}
      </div>
      <Button small aria-label={words.forgetOne(isExact ? one.title : kind)} onClick={onForget}>
        {words.forget}
      </Button>
    </li>
  )
}
