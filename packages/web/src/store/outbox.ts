import type { Conversation } from '@openhands/protocol'
import type { Said } from '../api/session-socket.ts'

/** A message on its way into the log. */
export interface Outgoing {
  readonly id: string
  readonly text: string
  /** `data:` addresses. */
  readonly images: readonly string[]
}

/** So many messages may wait for the line. */
const MOST = 20

/** Whether no more messages can wait for the line. */
export function isFull(outbox: readonly Outgoing[]): boolean {
  return outbox.length >= MOST
}

/** With one more message; undefined where too many wait already. */
export function withMessage(outbox: readonly Outgoing[], message: Outgoing): readonly Outgoing[] | undefined {
  return isFull(outbox) ? undefined : [...outbox, message]
}

/** Without those that the log has by now. */
export function withoutTaken(
  outbox: readonly Outgoing[],
  { clientIds }: Pick<Conversation, 'clientIds'>,
): readonly Outgoing[] {
  return outbox.some(each => clientIds.includes(each.id)) ? outbox.filter(each => !clientIds.includes(each.id)) : outbox
}

/** A message as it is sent. */
export function frameOf({ id, text, images }: Outgoing): Said {
  return { action: 'message', args: { content: text, image_urls: images.length > 0 ? images : null }, client_id: id }
}
