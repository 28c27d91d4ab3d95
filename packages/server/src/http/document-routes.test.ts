import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { describe, test } from 'node:test'
import { Parser } from '@asyncapi/parser'
import { Ajv } from 'ajv'
import { startLiveServer } from '../testing/live-server.ts'
import { socketDocument } from './socket-document.ts'

describe('/asyncapi.json', () => {
  test('[F09] is valid by its parser, and every example fits its schema', async () => {
    const text = JSON.stringify(socketDocument('1.0.0'))
    const { document, diagnostics } = await new Parser().parse(text)
    assert.deepEqual(
      diagnostics.filter(({ severity }) => severity === 0).map(({ message, path }) => `${path.join('.')}: ${message}`),
      [],
    )
    assert.deepEqual(
      document
        ?.channels()
        .all()
        .map(channel => channel.address()),
      ['/ws', '/ws', '/socket.io/', '/api/conversations/{id}/stream'],
    )
    const ajv = new Ajv({ strict: false })
    let checked = 0
    for (const message of document?.components().messages().all() ?? []) {
      const validate = ajv.compile(message.payload()?.json() ?? false)
      assert.ok(message.examples().all().length > 0, message.id())
      for (const example of message.examples().all()) {
        assert.ok(validate(example.payload()), `${message.id()}: ${ajv.errorsText(validate.errors)}`)
        checked++
      }
    }
    assert.ok(checked >= 16, `${checked} examples`)
  })

  test('[F09] its schemas are those of the protocol: what is no event does not fit', async () => {
    const { document } = await new Parser().parse(JSON.stringify(socketDocument('1.0.0')))
    const payload = (name: string) => document?.components().messages().get(name)?.payload()?.json() ?? {}
    const ajv = new Ajv({ strict: false })
    const event = { id: 0, timestamp: '', source: 'user', message: '', action: 'rename', args: { title: 'A' } }
    assert.ok(ajv.validate(payload('event'), event))
    for (const wrong of [{ id: -1 }, { source: 'nobody' }, { args: {} }, { action: 'fly' }, { more: 1 }])
      assert.ok(!ajv.validate(payload('event'), { ...event, ...wrong }), JSON.stringify(wrong))
    assert.ok(!ajv.validate(payload('frame'), { action: 'start', args: {} }))
    assert.ok(!ajv.validate(payload('frame'), { action: 'summarize', args: { summary: '' } }))
  })
})

describe('/openapi.json and /docs', () => {
  test('[F09] every route of the live router is in the document, with what it does and answers', async () => {
    await using server = await startLiveServer()
    const document = (await (await fetch(`${server.url}/openapi.json`)).json()) as Document
    assert.equal(document.openapi, '3.1.0')
    const described = new Set<string>()
    for (const [path, methods] of Object.entries(document.paths))
      for (const [method, { summary, tags, responses }] of Object.entries(methods)) {
        described.add(`${method.toUpperCase()} ${path}`)
        assert.ok(summary && tags?.length === 1, `${method} ${path} says what it does`)
        assert.ok(
          Object.keys(responses).some(status => status.startsWith('2')),
          `${method} ${path} has an answer`,
        )
      }
    const others = new Set<string>()
    for (const { method, url } of server.routes) {
      const path = url.replace(/:(\w+)/g, '{$1}')
      if (method === 'HEAD' || described.has(`${method} ${path}`)) continue
      if (path.includes('/security/')) others.add(path.replace(/[^/]+$/, '*'))
      else assert.equal((await fetch(server.url + path, { method })).status, 405, `${method} ${path} is not described`)
    }
    // They ask whose request it is before they refuse it; what lies below them is described name by name.
    assert.deepEqual([...others], ['/api/security/*', '/api/conversations/{id}/security/*'])
    assert.ok(described.size > 70)
  })

  test('[S36] the page is one of ours: no script, no address elsewhere, and a policy that allows neither', async () => {
    await using server = await startLiveServer()
    const answer = await fetch(`${server.url}/docs`)
    const html = await answer.text()
    const policy = answer.headers.get('content-security-policy') ?? ''
    assert.match(policy, /^default-src 'none';.*style-src 'sha256-/)
    assert.doesNotMatch(policy, /unsafe|script-src/)
    assert.doesNotMatch(html, /<script|https?:\/\/|\son\w+=/i)
    assert.match(html, /GET \/api\/conversations\/\{id\}\/stream/)
    const [, css = ''] = /<style>([^<]*)<\/style>/.exec(html) ?? []
    assert.ok(policy.includes(createHash('sha256').update(css).digest('base64')))
  })

  test('[S02] neither is for who has no token', async () => {
    await using server = await startLiveServer(['--token-required'])
    for (const path of ['/openapi.json', '/asyncapi.json', '/docs']) {
      const answer = await fetch(server.url + path)
      assert.deepEqual([answer.status, await answer.text()], [401, ''], path)
    }
  })
})

interface Document {
  readonly openapi: string
  readonly paths: Record<
    string,
    Record<string, { summary?: string; tags?: string[]; responses: Record<string, object> }>
  >
}
