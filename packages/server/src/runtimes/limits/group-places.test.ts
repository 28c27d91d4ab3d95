import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { groupPlaces, offers } from './group-places.ts'
import { readLimit, setLimits } from './group-settings.ts'

const limits = { memoryBytes: 1024 ** 3, processes: 100, cpus: 0.5 }

describe('where control groups can be made', () => {
  let root: string
  before(async () => {
    root = await mkdtemp(join(tmpdir(), 'openhands-groups-'))
  })
  after(() => rm(root, { recursive: true }))
  const placesOf = async (cgroup: string, mountinfo: string): Promise<unknown> => {
    await writeFile(join(root, 'cgroup'), cgroup)
    await writeFile(join(root, 'mountinfo'), mountinfo)
    return Object.fromEntries(await groupPlaces(root))
  }

  test('[S30] version 1: below the own group of each controller, wherever it is mounted', async () => {
    const mountinfo = [
      '32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:1 - cgroup cgroup rw,cpu,cpuacct',
      '35 31 0:32 / /sys/fs/cgroup/with\\040blank rw,relatime - cgroup cgroup rw,memory',
      '39 31 0:36 /docker/abc /sys/fs/cgroup/pids ro,relatime - cgroup cgroup rw,pids',
      '41 31 0:38 / /nowhere/unified rw,relatime - cgroup2 cgroup2 rw',
    ].join('\n')
    assert.deepEqual(await placesOf('8:pids:/docker/abc\n4:memory:/a/b\n1:cpu,cpuacct:/\n0::/\n', mountinfo), {
      memory: [{ version: 1, directory: '/sys/fs/cgroup/with blank/a/b' }],
      processes: [{ version: 1, directory: '/sys/fs/cgroup/pids' }],
      cpu: [{ version: 1, directory: '/sys/fs/cgroup/cpu,cpuacct', isTop: true }],
    })
  })

  test('[S30] version 2: the own group first, then those above it; only the controllers that there are', async () => {
    const point = join(root, 'unified')
    await mkdir(join(point, 'user.slice/own'), { recursive: true })
    await writeFile(join(point, 'cgroup.controllers'), 'cpuset memory pids\n')
    await writeFile(join(point, 'user.slice/cgroup.subtree_control'), 'memory pids\n')
    const found = await placesOf('0::/user.slice/own\n', `30 23 0:26 / ${point} rw - cgroup2 cgroup2 rw,nsdelegate`)
    const places = ['/user.slice/own', '/user.slice', ''].map(path => ({ version: 2, directory: point + path }))
    assert.deepEqual(found, { memory: places, processes: places })
    assert.equal(await offers({ version: 2, directory: join(point, 'user.slice') }, 'memory'), true)
    assert.equal(await offers({ version: 2, directory: join(point, 'user.slice') }, 'cpu'), false)
    assert.equal(await offers({ version: 2, directory: join(point, 'user.slice/own') }, 'memory'), false)
  })

  test('[S30] nothing is mounted, nothing is found', async () => {
    assert.deepEqual(await placesOf('', ''), {})
    assert.deepEqual(await placesOf('0::/\n', 'nonsense'), {})
  })

  for (const version of [1, 2] as const)
    test(`[S30] version ${version}: what is set is what is read back, and no bound is none`, async () => {
      const read = (controller: 'memory' | 'processes' | 'cpu'): Promise<number | undefined> =>
        readLimit(root, version, controller)
      for (const controller of ['memory', 'processes', 'cpu'] as const) {
        assert.equal(await read(controller), undefined)
        await setLimits(root, version, controller, { ...limits, cpus: 4 }, 4)
      }
      assert.deepEqual([await read('memory'), await read('processes'), await read('cpu')], [1024 ** 3, 100, undefined])
      await setLimits(root, version, 'cpu', limits, 4)
      assert.equal(await read('cpu'), 0.5)
      await rm(join(root, 'pids.max'))
    })
})
