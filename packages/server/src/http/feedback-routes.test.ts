import assert from 'node:assert/strict'
import { readdir, readFile, stat } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { describe, test } from 'node:test'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { feedbackRoutes } from './feedback-routes.ts'

const body = {
  version: '1.0',
  email: 'a@b.c',
  polarity: 'positive',
  permissions: 'private',
  token: 'canary-token',
  trajectory: [{ forged: true }],
}

/** A session in which somebody has said something, and run something that pages do not show. */
async function talked(world: RoutesWorld) {
  const session = await world.session()
  const { stream } = await world.parts.manager.open(session.id)
  await stream.append(
    { action: 'message', source: 'user', args: { content: 'a message', image_urls: null, wait_for_response: false } },
    {
      action: 'run',
      source: 'user',
      args: {
        command: 'export GITHUB_TOKEN=canary',
        hidden: true,
        thought: '',
        is_input: false,
        blocking: false,
        keep_prompt: true,
        confirmation_state: 'confirmed',
      },
    },
  )
  return session
}

async function kept(world: RoutesWorld) {
  const folder = join(world.parts.facts.dataDir, 'feedback')
  const names = await readdir(folder).catch(() => [])
  return await Promise.all(
    names.map(async name => {
      const path = join(folder, name)
      return { name, mode: (await stat(path)).mode & 0o777, text: await readFile(path, 'utf8') }
    }),
  )
}

describe('feedback', () => {
  test('[wire A5.8, D1.11] is kept here, with the server’s own trajectory and without tokens, and answered as pages read it', async () => {
    await using world = await startRoutes([feedbackRoutes])
    const { id, authorization } = await talked(world)
    for (const [url, headers] of [
      ['/api/submit-feedback', { authorization }],
      [`/api/conversations/${id}/submit-feedback`, {}],
    ] as const) {
      const answer = await world.app.inject({ method: 'POST', url, headers, payload: body })
      assert.equal(answer.statusCode, 200)
      const { statusCode, body: said } = answer.json()
      assert.equal(statusCode, 200)
      assert.deepEqual(Object.keys(said), ['message', 'feedback_id', 'password'])
      const file = (await kept(world)).find(({ name }) => name === `${said.feedback_id}.json`)
      assert.equal(file?.mode, 0o600)
      assert.doesNotMatch(file?.text ?? '', /canary|forged/)
      const written = JSON.parse(file?.text ?? '')
      assert.equal(written.email, 'a@b.c')
      assert.ok(written.trajectory.some((event: { action?: string }) => event.action === 'message'))
    }
    assert.equal((await kept(world)).length, 2)
  })

  test('[wire A5.0] what is no feedback answers 422 and is not kept', async () => {
    await using world = await startRoutes([feedbackRoutes])
    const { id, authorization } = await world.session()
    const url = `/api/conversations/${id}/submit-feedback`
    for (const payload of [{ ...body, polarity: 'so-so' }, { ...body, permissions: undefined }, [], 'null']) {
      const headers = { 'content-type': 'application/json' }
      const answer = await world.app.inject({ method: 'POST', url, headers, payload })
      assert.equal(answer.statusCode, 422, JSON.stringify(payload))
      assert.ok(Array.isArray(answer.json().detail))
    }
    const bare = await world.app.inject({ method: 'POST', url: '/api/submit-feedback', payload: body })
    assert.equal(bare.statusCode, 401)
    const wrong = await world.app.inject({ url: '/api/submit-feedback', headers: { authorization } })
    assert.equal(wrong.statusCode, 405)
    assert.deepEqual(await kept(world), [])
  })

  test('[wire A5.8] is sent on where the operator wants it, and the collector’s answer given back; its failure is a 500', async () => {
    const received: unknown[] = []
    const answers: readonly (readonly [number, unknown])[] = [
      [200, { statusCode: 200, body: { message: 'm', feedback_id: 'f', password: 'p' } }],
      [200, { statusCode: 200 }],
      [503, {}],
    ]
    const collector = createServer((request, response) => {
      json(request).then(
        value => {
          const [status, answer] = answers[received.length] ?? [500, {}]
          received.push(value)
          response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
        },
        () => response.destroy(),
      )
    })
    await new Promise<void>(resolve => collector.listen(0, '127.0.0.1', resolve))
    const { port } = collector.address() as AddressInfo // it listens
    await using world = await startRoutes([feedbackRoutes], { feedbackUrl: `http://127.0.0.1:${port}/submit` })
    const { id } = await talked(world)
    const send = () =>
      world.app.inject({ method: 'POST', url: `/api/conversations/${id}/submit-feedback`, payload: body })
    assert.deepEqual((await send()).json(), answers[0]?.[1])
    for (let round = 0; round < 2; round++) {
      const answer = await send()
      assert.deepEqual([answer.statusCode, answer.json()], [500, { error: 'Failed to submit feedback' }])
    }
    assert.equal(received.length, 3)
    assert.equal((await kept(world)).length, 3)
    assert.doesNotMatch(JSON.stringify(received), /canary|forged/)
    collector.close()
  })
})
