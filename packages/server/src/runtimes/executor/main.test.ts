import assert from 'node:assert/strict'
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { eventually, processesWith, sleepOf } from '../../testing/runtime-contract.ts'
import { encodeFrame, type Frame, FrameReader, frameLimit } from './frame.ts'
import { sandboxVariable } from './process-tree.ts'
import { callLimit, protocolVersion } from './protocol.ts'

const mark = `executor-test-${process.pid}`

/** The other end of an executor: sends anything, and waits for the frame that it looks for. */
class Peer {
  readonly child: ChildProcessWithoutNullStreams
  readonly #frames: Frame[] = []
  #wake: () => void = () => undefined

  constructor() {
    const env = { PATH: '/usr/bin:/bin', [sandboxVariable]: mark }
    this.child = spawn(process.execPath, [join(import.meta.dirname, 'main.ts')], { env, stdio: 'pipe' })
    const reader = new FrameReader(
      frame => {
        this.#frames.push(frame)
        this.#wake()
      },
      reason => assert.fail(reason),
    )
    this.child.stdout.on('data', (chunk: Buffer) => reader.push(chunk))
  }

  send(header: Record<string, unknown>, body?: Uint8Array): void {
    this.child.stdin.write(encodeFrame(header, body))
  }

  async next(matches: (header: Frame['header']) => boolean): Promise<Frame> {
    for (;;) {
      const index = this.#frames.findIndex(frame => matches(frame.header))
      const [frame] = index < 0 ? [] : this.#frames.splice(index, 1)
      if (frame !== undefined) return frame
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#wake = resolve
      await promise
    }
  }

  answer(id: number): Promise<Frame> {
    return this.next(header => header['id'] === id && header['type'] !== 'data')
  }
}

describe('the executor', { timeout: 60_000 }, () => {
  let root: string
  let peer: Peer
  let id = 0
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'openhands-executor-'))
  })
  after(() => rm(root, { recursive: true, force: true }))
  afterEach(() => void peer.child.kill('SIGKILL'))
  beforeEach(async () => {
    peer = new Peer()
    await peer.next(header => header['type'] === 'hello' && header['protocol'] === protocolVersion)
    const environment = { PATH: '/usr/bin:/bin', HOME: root, [sandboxVariable]: mark }
    const params = {
      workspace: root,
      writable: [root],
      control: join(root, 'control'),
      home: root,
      state: root,
      egress: '',
      environment,
      mark,
      outputLimit: 1000,
      silenceMs: 5000,
      reserveBytes: 0,
    }
    peer.send({ type: 'request', id: ++id, method: 'open', params })
    assert.equal((await peer.answer(id)).header['type'], 'result')
  })
  const run = (command: string, more: Record<string, unknown> = {}): number => {
    peer.send(
      { type: 'request', id: ++id, method: 'run', params: { isInput: false, timeoutMs: 10_000 }, ...more },
      Buffer.from(command),
    )
    return id
  }
  const works = async (): Promise<void> => assert.equal((await peer.answer(run('echo fine'))).body.toString(), 'fine\n')

  test('no frame ends it, and each bad one is answered', async () => {
    for (const bad of [
      'garbage\n',
      '[]\n',
      '{}\n',
      '{"id":1,"type":"other"}\n',
      '{"id":"x","type":"request"}\n',
      '\n',
      '{"id":3,"bytes":-4}\n',
    ]) {
      peer.child.stdin.write(bad)
      await peer.next(header => header['type'] === 'fault' || header['type'] === 'error')
    }
    for (const [method, params] of [
      ['none', {}],
      ['constructor', {}],
      ['__proto__', {}],
      ['read', {}],
      ['read', { path: 7 }],
      ['edit', { path: 'x', command: 'y' }],
      ['open', {}],
      ['view', { path: '.', range: [1] }],
      ['run', 'x'],
    ]) {
      peer.send({ type: 'request', id: ++id, method, params })
      assert.equal((await peer.answer(id)).header['type'], 'error', String(method))
    }
    peer.child.stdin.write(`{"id":${++id},"type":"request","method":"write","bytes":${frameLimit + 1}}\n`)
    for (let sent = 0; sent <= frameLimit; sent += 65_536)
      peer.child.stdin.write(Buffer.alloc(Math.min(65_536, frameLimit + 1 - sent), '{'))
    assert.equal((await peer.answer(id)).header['type'], 'error')
    await works()
  })

  test('[P17] output is sent within the credit and no further', async () => {
    const flooding = run('yes | head -c 300000; read x', { credit: 1000 })
    const first = await peer.next(header => header['type'] === 'data' && header['id'] === flooding)
    assert.equal(first.body.length, 1000)
    peer.send({ type: 'credit', id: flooding, credit: 500 })
    const second = await peer.next(header => header['type'] === 'data' && header['id'] === flooding)
    assert.equal(second.body.length, 500)
    assert.equal((await peer.answer(flooding)).header['type'], 'result')
  })

  test('[P07] a request can be cancelled; cancelling what is over or unknown does nothing', async () => {
    const sleeping = run('sleep 1000')
    peer.send({ type: 'cancel', id: sleeping })
    const { header } = await peer.answer(sleeping)
    assert.deepEqual(header['value'], { exitCode: 130, directory: root, timedOut: false })
    peer.send({ type: 'cancel', id: sleeping })
    peer.send({ type: 'cancel', id: 999_999 })
    peer.send({ type: 'credit', id: 999_999, credit: 5 })
    await works()
  })

  test('[P17] too many requests at once are refused, the others are answered', async () => {
    run('read x')
    const first = id + 1
    for (let count = 0; count < callLimit + 5; count++)
      peer.send({ type: 'request', id: ++id, method: 'view', params: { path: '.' } })
    for (let number = first; number <= id; number++) await peer.answer(number)
    peer.send({ type: 'request', id: ++id, method: 'read', params: { path: 'none' } })
    assert.equal((await peer.answer(id)).header['type'], 'refused')
  })

  test('[P08] it ends with all that it started when its input closes', async () => {
    const sleep = sleepOf()
    const { header } = await peer.answer(run(`${sleep} & disown; (setsid ${sleep} &)`))
    assert.equal(header['type'], 'result')
    const gone = once(peer.child, 'exit')
    await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 2, 'both run')
    peer.child.stdin.end()
    await gone
    assert.deepEqual(processesWith(sleep.replace(' ', '\0')), [])
  })
})
