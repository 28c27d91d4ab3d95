import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SessionId } from '@openhands/protocol'
import { SignJWT } from 'jose'
import { loginTickets } from './login-tickets.ts'
import { sessionTokens } from './session-tokens.ts'

test('[S07] [S08] a ticket has an end, and ends with the secret', async () => {
  let secret = 'the first secret of this server'
  let now = new Date('2026-01-01T00:00:00Z')
  const tickets = loginTickets(
    () => secret,
    () => now,
  )
  const { token, expiresAt } = await tickets.sign()
  assert.equal(await tickets.verify(token), true)
  now = new Date(expiresAt.getTime() - 1000)
  assert.equal(await tickets.verify(token), true)
  now = new Date(expiresAt.getTime() + 1000)
  assert.equal(await tickets.verify(token), false, 'expired')
  now = new Date('2026-01-01T00:00:00Z')
  secret = 'another secret of this server'
  assert.equal(await tickets.verify(token), false, 'rotated')
})

test('[S09] a ticket names no session, and a session’s token logs nobody in', async () => {
  const secret = (): string => 'the secret of this server'
  const [tickets, sessions] = [loginTickets(secret), sessionTokens(secret)]
  assert.equal(await sessions.verify((await tickets.sign()).token), undefined)
  assert.equal(await tickets.verify(await sessions.sign(SessionId.parse('7b3e0c1a98b54c769f0e0a3d1f1c2b4d'))), false)
  const endless = await new SignJWT()
    .setProtectedHeader({ alg: 'HS256' })
    .setAudience('openhands-login')
    .sign(new TextEncoder().encode(secret()))
  assert.equal(await tickets.verify(endless), false, 'one without an end')
  for (const nonsense of ['', 'x', 'a.b.c', 'eyJhbGciOiJub25lIn0.eyJhdWQiOiJvcGVuaGFuZHMtbG9naW4ifQ.'])
    assert.equal(await tickets.verify(nonsense), false, nonsense)
})
