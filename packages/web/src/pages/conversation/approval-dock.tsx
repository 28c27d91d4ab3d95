import { awaited, type RememberScope, type RunnableAction } from '@openhands/protocol'
import { type JSX, useEffect, useState } from 'react'
import { useCommands } from '../../store/commands.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { approvalText, text } from '../../text.ts'
import { Badge } from '../../ui/badge.tsx'
import { Button } from '../../ui/button.tsx'
import { ExactText } from '../../ui/exact-text.tsx'
import { piecesOf } from '../../ui/hidden-characters.ts'
import { Icon } from '../../ui/icon.tsx'
import { type Reach, ReachChoice, ReachMeaning, useScopes } from './approval-reach.tsx'
import { faceOf } from './cards/face.ts'
import { useForgetCommand } from './forget-command.ts'

/** Asks whether the agent may do what it wants to do next, with all of it in view. */
export function ApprovalDock(): JSX.Element | null {
  const action = useConversation(view =>
    view.state.agentState === 'awaiting_user_confirmation' ? awaited(view.state) : undefined,
  )
  useForgetCommand()
  return action ? <Question key={action.id} action={action} /> : null
}

/** A click counts only after the question has stood for so long: nobody answers what has just taken the place of another. */
const READING_MS = 350

function Question({ action }: { action: RunnableAction }): JSX.Element {
  const store = useStore()
  const behind = useConversation(view => view.state.open.length - 1)
  const [sent, setSent] = useSent()
  const [reach, setReach] = useState<Reach>('once')
  const scopes = useScopes(action)
  const settled = useSettled()
  const answer = (args: { readonly agent_state: string; readonly remember?: RememberScope }): void => {
    if (sent || !settled) return
    setSent(store.send({ action: 'change_agent_state', args, cause: action.id }))
  }
  const approve = (how: Reach): void =>
    answer({ agent_state: 'user_confirmed', ...(how === 'once' ? {} : { remember: how }) })
  const refuse = (): void => answer({ agent_state: 'user_rejected' })
  useCommands([
    { id: 'approve', name: text.keys.approve, keys: 'Mod+Enter', run: () => approve(reach) },
    { id: 'refuse', name: text.keys.refuse, keys: 'Mod+Backspace', run: refuse },
    ...scopes.map(scope => ({
      id: `approve-${scope}`,
      name: approvalText.keys[scope],
      keys: scope === 'exactly' ? 'Mod+Shift+Enter' : 'Mod+Alt+Enter',
      run: () => approve(scope),
    })),
  ])
  const face = faceOf(action)
  const hidden = piecesOf(face.whole).filter(piece => piece.hidden !== undefined).length
  const { security_risk: risk, security_reason: reason } = action.args
  return (
    <section
      aria-label={text.approval.title}
      aria-live="assertive"
      className="overflow-hidden rounded-2xl border-2 border-warn/60 bg-card shadow-lg"
    >
      <header className="flex flex-wrap items-center gap-2 bg-warn-soft px-4 py-2">
        <Icon name="shield" className="size-4 text-warn" />
        <h2 className="text-sm font-semibold">{text.approval.title}</h2>
        {risk !== undefined && (
          <Badge tone={risk === 2 ? 'bad' : risk === 0 ? 'good' : 'warn'}>{text.risk[risk]}</Badge>
        )}
      </header>
      <div className="flex flex-col gap-2 px-4 py-3">
        <p className="flex flex-wrap items-center gap-x-1.5 text-sm">
          <Icon name={face.icon} />
          <span className="font-medium">{face.name}</span>
          <span className="text-muted">{text.approval.lead}</span>
        </p>
        <section
          className="quiet-scroll max-h-[30vh] rounded-lg bg-sunken px-3 py-2"
          aria-label={face.name}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what may have to be scrolled has to be reached by the keyboard
          tabIndex={0}
        >
          <ExactText text={face.whole} />
        </section>
        {hidden > 0 && <p className="text-sm font-medium text-bad">{text.approval.hidden(hidden)}</p>}
        {reason && (
          <p className="text-sm text-muted">
            {text.approval.why} {reason}
          </p>
        )}
        <ReachChoice action={action} scopes={scopes} reach={reach} onChange={setReach} />
        <ReachMeaning action={action} reach={reach} />
        <div className="flex flex-wrap items-center gap-2">
          <Button kind="good" icon="check" disabled={sent || !settled} onClick={() => approve(reach)}>
            {reach === 'once' ? text.approval.yes : approvalText.yes}
          </Button>
          <Button kind="danger" icon="cross" disabled={sent || !settled} onClick={refuse}>
            {text.approval.no}
          </Button>
          <span className="text-xs text-muted">
            {sent ? text.approval.sending : behind > 0 ? text.approval.next(behind) : ''}
          </span>
        </div>
      </div>
    </section>
  )
}

/** Whether the answer is on its way; one that the server does not take is on its way no more. */
function useSent(): [boolean, (sent: boolean) => void] {
  const [sent, setSent] = useState(false)
  const refusal = useConversation(view => view.refusal)
  useEffect(() => {
    if (refusal?.field === 'args.remember') setSent(false)
  }, [refusal])
  return [sent, setSent]
}

function useSettled(): boolean {
  const [settled, setSettled] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSettled(true), READING_MS)
    return () => clearTimeout(timer)
  }, [])
  return settled
}
