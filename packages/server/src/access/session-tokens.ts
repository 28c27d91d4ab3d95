import { SessionId } from '@openhands/protocol'
import { jwtVerify, SignJWT } from 'jose'

/**
 * Tokens that name one session and open no other: JWTs over `{"sid"}`, HS256, without expiry (wire A1.2). They count as
 * long as `secret` stays what it was when they were signed.
 */
export function sessionTokens(secret: () => string): {
  sign(session: SessionId): Promise<string>
  verify(token: string): Promise<SessionId | undefined>
} {
  const key = (): Uint8Array => new TextEncoder().encode(secret())
  return {
    sign: session => new SignJWT({ sid: session }).setProtectedHeader({ alg: 'HS256' }).sign(key()),
    async verify(token) {
      try {
        const { payload } = await jwtVerify(token, key(), { algorithms: ['HS256'] })
        return SessionId.safeParse(payload.sid).data
      } catch {
        return undefined // whatever is wrong with it, it is not ours
      }
    },
  }
}
