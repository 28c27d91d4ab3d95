import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Knock, readKnock } from './handshake.ts'

const SESSION = '7b3e0c1a-98b5-4c76-9f0e-0a3d1f1c2b4d'

function knock(url: string, protocols?: string): Knock {
  return readKnock({ url, headers: protocols === undefined ? {} : { 'sec-websocket-protocol': protocols } })
}

test('[wire A1.1] sub-protocols are read with and without blanks after the comma', () => {
  for (const offered of [
    'openhands, NO_JWT, NO_GITHUB',
    'openhands,NO_JWT,NO_GITHUB',
    ' openhands ,\tNO_JWT , NO_GITHUB',
  ]) {
    const { manner, protocol, sessionToken, serverToken } = knock('/ws', offered)
    assert.deepEqual([manner, protocol, sessionToken, serverToken], ['openhands', 'openhands', undefined, undefined])
  }
  assert.equal(knock('/ws', 'openhands, abc.def.ghi, NO_GITHUB').sessionToken, 'abc.def.ghi')
  assert.equal(knock('/ws', 'openhands').sessionToken, undefined, 'fewer than three are no reason to refuse')
})

test('[wire A1.1] the third sub-protocol is a token for GitHub, or says that there is none', () => {
  assert.equal(knock('/ws', 'openhands, NO_JWT, NO_GITHUB').githubToken, undefined)
  assert.equal(knock('/ws', 'openhands, NO_JWT, ghp_x').githubToken, 'ghp_x')
  assert.equal(knock('/ws', 'bearer.t, openhands, NO_JWT').githubToken, undefined)
})

test('[S07] the server’s token comes as a sub-protocol wherever it stands, and never from the query', () => {
  const alone = knock('/ws', 'bearer.the-token')
  assert.deepEqual([alone.manner, alone.serverToken], ['plain', 'the-token'])
  assert.equal(alone.protocol, 'bearer.the-token', 'a browser demands that one of its offers is taken')
  for (const offered of ['bearer.t, openhands, JWT', 'openhands, bearer.t, JWT', 'openhands, JWT, bearer.t']) {
    const { manner, protocol, serverToken, sessionToken } = knock('/ws', offered)
    assert.deepEqual([manner, protocol, serverToken, sessionToken], ['openhands', 'openhands', 't', 'JWT'], offered)
  }
  assert.equal(knock('/ws?token=the-token&bearer=the-token&access_token=the-token').serverToken, undefined)
})

test('[wire A1.1] a latest_event_id that is no whole number counts as absent', () => {
  const cursors = { '-1': -1, undefined: -1, abc: -1, '': -1, '1.5': -1, '0x10': -1, '1e3': -1, ' 7': -1, NaN: -1 }
  for (const [text, cursor] of Object.entries(cursors))
    assert.equal(knock(`/ws?latest_event_id=${text}`).latestEventId, cursor, text)
  assert.equal(knock('/ws').latestEventId, -1)
  assert.equal(knock(`/ws?latest_event_id=${'9'.repeat(400)}`).latestEventId, -1)
  assert.equal(knock('/ws?latest_event_id=0').latestEventId, 0)
  assert.equal(knock('/ws?latest_event_id=41&latest_event_id=7').latestEventId, 41)
})

test('[S09] a session is asked for by its id; a name that is none is told from none', () => {
  assert.equal(knock('/ws').session, undefined)
  assert.equal(knock(`/ws?session=${SESSION}`).session, SESSION)
  assert.equal(knock(`/ws?conversation_id=${SESSION}`).session, SESSION)
  for (const name of ['', '..', '../../etc', '1', `${SESSION}x`, '__proto__', '%00'])
    assert.equal(knock(`/ws?session=${name}`).session, null, name)
})

test('[S02] a path is what was written, whatever was written', () => {
  const paths = ['/ws', '/ws/', '//ws', '//', '/', '/%77s', '/./ws', '/\\', 'http://x/ws', '', '/ws#x', '/ws;a']
  for (const path of paths) assert.equal(knock(`${path}?latest_event_id=1`).path, path)
})
