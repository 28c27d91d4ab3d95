import type { ConversationView } from '../../store/conversation-store.ts'
import { isFull } from '../../store/outbox.ts'
import { againText } from '../../text.ts'

/** Why a session takes no message now; undefined where it does. */
export function refusalOf({ link, outbox }: Pick<ConversationView, 'link' | 'outbox'>): string | undefined {
  if (link.kind === 'gone') return againText.gone
  if (link.kind === 'denied') return againText.denied
  return isFull(outbox) ? againText.full : undefined
}
