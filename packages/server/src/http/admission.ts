import type { IncomingMessage } from 'node:http'
import type { SessionId } from '@openhands/protocol'
import type { Access, Admission } from './access.ts'
import type { SessionTokens } from './door.ts'
import type { Knock } from './handshake.ts'

/** Whether a client may come in, and the session that its token names, if it brought one that is ours. */
export interface Admitted {
  readonly admission: Admission
  readonly sid: SessionId | undefined
}

/** Decides about a socket before its 101. A valid session token is as good as the server's own, for its session. */
export async function admitKnock(
  { access, sessionTokens }: { readonly access: Access; readonly sessionTokens: SessionTokens },
  request: IncomingMessage,
  knock: Knock,
): Promise<Admitted> {
  const sid = knock.sessionToken ? await sessionTokens.verify(knock.sessionToken) : undefined
  const admission = sid === undefined ? await access.admit(request, knock.serverToken) : access.screen(request)
  return { admission, sid }
}
