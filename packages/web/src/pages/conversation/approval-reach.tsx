import { kindOf, type RememberScope, type RunnableAction, SessionSettings, scopesOf } from '@openhands/protocol'
import { useQuery } from '@tanstack/react-query'
import type { JSX } from 'react'
import { readServer } from '../../api/server-info.ts'
import { useConversation } from '../../store/use-conversation.ts'
import { approvalText as words } from '../../text.ts'
import { Select } from '../../ui/field.tsx'

/** How far an approval reaches: its own action, or further. */
export type Reach = 'once' | RememberScope

/** How far an approval of this action may reach beyond it. While the server has not told how it asks, it asks about everything. */
export function useScopes(action: RunnableAction): readonly RememberScope[] {
  const own = useConversation(view => view.state.settings.confirmation)
  const folder = useConversation(view => view.state.folder)
  const server = useQuery({
    queryKey: ['server'],
    queryFn: ({ signal }) => readServer(signal),
    staleTime: 600_000,
    enabled: own === undefined,
  })
  const told = server.data?.settings.find(({ name }) => name === 'confirmation')?.value
  const byServer = SessionSettings.shape.confirmation.safeParse(told).data
  return scopesOf(action, { folder }, own ?? byServer ?? 'always')
}

interface ReachProps {
  readonly action: RunnableAction
  readonly scopes: readonly RememberScope[]
  readonly reach: Reach
  readonly onChange: (reach: Reach) => void
}

/** The choice beside the answers. */
export function ReachChoice({ action, scopes, reach, onChange }: ReachProps): JSX.Element | null {
  const kind = kindOf(action)
  if (kind === undefined || scopes.length === 0) return null
  const named: Record<Reach, string> = {
    ...words.options,
    kind: words.options.kind(kind, action.args.security_risk ?? null),
  }
  const offered = Object.fromEntries((['once', ...scopes] as const).map(each => [each, named[each]]))
  return (
    <div className="max-w-full self-start">
      <Select
        bare
        label={words.reach}
        value={reach}
        options={offered as Record<Reach, string>} // the select shows what is there
        onChange={onChange}
      />
    </div>
  )
}

/** What a choice covers, in so many words; nothing for the usual one. */
export function ReachMeaning({ action, reach }: { action: RunnableAction; reach: Reach }): JSX.Element | null {
  const kind = kindOf(action)
  if (reach === 'once' || kind === undefined) return null
  const said =
    reach === 'exactly' ? words.covers.exactly(kind) : words.covers.kind(kind, action.args.security_risk ?? null)
  return <p className="rounded-lg bg-info-soft px-3 py-2 text-xs">{said}</p>
}
