import type { SessionId } from '@openhands/protocol'
import type { Blobs } from './ports.ts'

/** Bytes of a picture that an event may carry itself; base64 makes a third more of them. */
const MOST_INLINE = 150 * 1024

/** A picture as an event carries it: itself where it is small, and where it can be fetched. */
export interface Attachment {
  /** A `data:` URL; empty for a picture that is too big for an event (P39). */
  readonly inline: string
  /** The path on this server. */
  readonly url: string
}

/** Keeps a picture beside the log. */
export async function attach(
  blobs: Blobs,
  session: SessionId,
  bytes: Uint8Array,
  mediaType: string,
): Promise<Attachment> {
  const url = `/api/conversations/${session}/blobs/${await blobs.put(session, bytes, mediaType)}`
  return { inline: bytes.length <= MOST_INLINE ? `data:${mediaType};base64,${base64(bytes)}` : '', url }
}

function base64(bytes: Uint8Array): string {
  const parts: string[] = []
  // More arguments than this would not fit on the stack.
  for (let at = 0; at < bytes.length; at += 8192) parts.push(String.fromCharCode(...bytes.subarray(at, at + 8192)))
  return btoa(parts.join(''))
}
