import { jwtVerify, SignJWT } from 'jose'

/** How long a browser stays logged in. */
const LIFE_S = 7 * 24 * 3600
const AUDIENCE = 'openhands-login'

/** What a page presents after a login instead of the server's token, and until when. */
export interface LoginTicket {
  readonly token: string
  readonly expiresAt: Date
}

/**
 * Tickets that stand for the server's token without being it: JWTs that name no session, HS256, with an end. They count
 * as long as `secret` stays what it was when they were signed, so that another token ends them (S07, S08).
 */
export function loginTickets(
  secret: () => string,
  now: () => Date = () => new Date(),
): {
  sign(): Promise<LoginTicket>
  verify(ticket: string): Promise<boolean>
} {
  const key = (): Uint8Array => new TextEncoder().encode(secret())
  return {
    async sign() {
      const expiresAt = new Date((Math.floor(now().getTime() / 1000) + LIFE_S) * 1000)
      const jwt = new SignJWT().setProtectedHeader({ alg: 'HS256' }).setAudience(AUDIENCE).setExpirationTime(expiresAt)
      return { token: await jwt.sign(key()), expiresAt }
    },
    async verify(ticket) {
      const rules = { algorithms: ['HS256'], audience: AUDIENCE, requiredClaims: ['exp'], currentDate: now() }
      return await jwtVerify(ticket, key(), rules).then(
        () => true,
        () => false, // whatever is wrong with it, it is not ours
      )
    },
  }
}
