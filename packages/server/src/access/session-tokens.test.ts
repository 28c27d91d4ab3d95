import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test } from 'node:test'
import { newSessionId } from '../testing/events.ts'
import { sessionTokens } from './session-tokens.ts'

const SECRET = 'a secret of more than 256 bits, as the file has it'

/** A JWT made by hand (RFC 7519). */
function jwt(header: object, payload: object, secret: string = SECRET): string {
  const coded = [header, payload].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${coded}.${createHmac('sha256', secret).update(coded).digest('base64url')}`
}

test('[wire A1.2] a session token is a JWT, HS256 over {"sid"}, without expiry, legal as a sub-protocol', async () => {
  const session = newSessionId()
  const token = await sessionTokens(() => SECRET).sign(session)
  assert.equal(token, jwt({ alg: 'HS256' }, { sid: session }))
  assert.match(token, /^[A-Za-z0-9._-]+$/)
  assert.equal(await sessionTokens(() => SECRET).verify(token), session)
})

test('[S09] [wire A1.2] what we did not sign opens nothing', async () => {
  const { verify } = sessionTokens(() => SECRET)
  const sid = newSessionId()
  const good = jwt({ alg: 'HS256' }, { sid })
  const unsigned = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${good.split('.')[1]}.`
  const bad = {
    'another secret': jwt({ alg: 'HS256' }, { sid }, `${SECRET}!`),
    'no signature': unsigned,
    'another algorithm named': jwt({ alg: 'HS512' }, { sid }),
    'no sid': jwt({ alg: 'HS256' }, { session: sid }),
    'a sid that is no id': jwt({ alg: 'HS256' }, { sid: '../../etc' }),
    'a sid that is no text': jwt({ alg: 'HS256' }, { sid: [sid] }),
    'expired long ago': jwt({ alg: 'HS256' }, { sid, exp: 1 }),
    'not a token': 'NO_GITHUB',
    empty: '',
    cut: good.slice(0, -2),
  }
  assert.equal(await verify(good), sid)
  for (const [name, token] of Object.entries(bad)) assert.equal(await verify(token), undefined, name)
})
