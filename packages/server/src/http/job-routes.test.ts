import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { JobList, JobOutput, SandboxInfo } from '@openhands/protocol'
import { ask, hostileNames } from '../testing/api-client.ts'
import { type RoutesWorld, startRoutes } from '../testing/routes-world.ts'
import { eventually } from '../testing/runtime-contract.ts'
import { jobRoutes } from './job-routes.ts'
import { sandboxRoutes } from './sandbox-routes.ts'

const noSignal = new AbortController().signal

describe('what runs in the background', () => {
  let world: RoutesWorld
  let base = ''
  let run: (command: string) => Promise<unknown>

  before(async () => {
    world = await startRoutes([jobRoutes, sandboxRoutes])
    const { id } = await world.session()
    await world.parts.manager.close(id) // a stored one, whose sandbox does not run
    base = `${world.url}/api/conversations/${id}`
    run = async command => {
      const runtime = await (await world.parts.manager.open(id)).runtime(noSignal)
      return await runtime.run({ command, isInput: false, timeoutMs: 60_000 }, noSignal)
    }
  })
  after(() => world[Symbol.asyncDispose]())

  test('looking starts no sandbox and says that none runs; asking for one starts it', async () => {
    assert.deepEqual((await ask(`${base}/jobs`)).json, { running: false, jobs: [] })
    assert.deepEqual((await ask(`${base}/jobs/1/output`)).json, {
      running: false,
      text: '',
      continues: false,
      cursor: '',
    })
    assert.equal((await ask(`${base}/jobs/1`, 'DELETE')).status, 404)
    assert.equal((await ask(`${base}/sandbox`)).json.running, false)
    const started = await ask(`${base}/sandbox`, 'POST')
    assert.equal(SandboxInfo.parse(started.json).running, true)
    assert.deepEqual((await ask(`${base}/sandbox`)).json, started.json)
  })

  test('[P35] a job is listed, what it prints is told from a cursor on, and it can be ended', async () => {
    await run('mkfifo fifo; { echo one; read -r line < fifo; sleep 0.5; echo two; sleep 1000; } &')
    const { jobs } = JobList.parse((await ask(`${base}/jobs`)).json)
    const [job] = jobs
    assert.ok(job?.alive && job.command.includes('echo one'))
    const output = `${base}/jobs/${job.id}/output`
    const first = JobOutput.parse((await ask(output)).json)
    await run('echo go > fifo')
    const read = async (cursor: string): Promise<JobOutput> =>
      JobOutput.parse((await ask(`${output}?from=${cursor}`)).json)
    let next = await read(first.cursor)
    await eventually(async () => {
      next = await read(first.cursor)
      return next.text.includes('two')
    }, 'what it prints')
    assert.equal(next.continues, true)
    assert.equal((await read(next.cursor)).text, '')
    const strange = await read('5.0123456789abcdef')
    assert.deepEqual([strange.continues, strange.text], [false, first.text + next.text])
    assert.deepEqual((await ask(`${base}/jobs/${job.id}`, 'DELETE')).json, { done: true })
    assert.equal(
      (await ask(`${base}/jobs`)).json.jobs.some((one: { alive: boolean }) => one.alive),
      false,
    )
  })

  test('[S09] [S10] what names no job or no session of ours is answered so, and nothing else happens', async () => {
    for (const name of hostileNames) {
      for (const [method, path] of [
        ['GET', '/output'],
        ['DELETE', ''],
      ] as const) {
        const { status } = await ask(`${base}/jobs/${name}${path}`, method)
        assert.ok([400, 404, 414, 422].includes(status), `${method} ${name}: ${status}`)
      }
      const foreign = await ask(`${world.url}/api/conversations/${name}/jobs`)
      assert.ok([400, 404, 414].includes(foreign.status), `${name}: ${foreign.status}`)
    }
    const other = '0'.repeat(32)
    assert.equal((await ask(`${world.url}/api/conversations/${other}/jobs`)).status, 404)
    assert.equal((await ask(`${world.url}/api/conversations/${other}/sandbox`, 'POST')).status, 404)
    assert.equal((await ask(`${base}/jobs/999`, 'DELETE')).status, 404)
    assert.equal((await ask(`${base}/jobs`, 'POST')).status, 405)
  })
})
