import { useCommands } from '../../store/commands.ts'
import { useConversation, useStore } from '../../store/use-conversation.ts'
import { approvalText } from '../../text.ts'

/** Offers to forget what passes without a question, while there is something. */
export function useForgetCommand(): void {
  const store = useStore()
  const count = useConversation(view => view.state.remembered.length)
  const run = (): void => void store.send({ action: 'forget', args: { approval: null } })
  useCommands(count === 0 ? [] : [{ id: 'forget', name: approvalText.keys.forget(count), run }])
}
