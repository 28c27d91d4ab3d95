import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { existsSync, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { chmod, chown, mkdir, mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:net'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { eventually, processesWith, sleepOf } from '../testing/runtime-contract.ts'
import { type RemoteRuntime, RuntimesProcess } from '../testing/runtimes-process.ts'

const canaries = Object.fromEntries(
  Array.from({ length: 20 }, (_, at) => [`CANARY_${at}`, `canary-${at}-of-the-server`]),
)
const ordinary = 20_001
const session = '1'.repeat(32)
const isRoot = process.geteuid?.() === 0

/** Everything below a folder with its content, kind and mode, but what was said to be left out. */
function hashOf(folder: string, leftOut: readonly string[]): string {
  const hash = createHash('sha256')
  const walk = (path: string): void => {
    if (leftOut.includes(path)) return
    const stats = lstatSync(path)
    hash.update(`${path}\0${stats.mode}\0${stats.uid}\0`)
    if (stats.isDirectory()) for (const name of readdirSync(path).sort()) walk(join(path, name))
    else if (stats.isSymbolicLink()) hash.update(readlinkSync(path))
    else if (stats.isFile()) hash.update(readFileSync(path))
  }
  walk(folder)
  return hash.digest('hex')
}

/** What must hold whoever the server is; `uid` is undefined for the user of the test. */
function securitySuite(name: string, uid: number | undefined): void {
  describe(`what bubblewrap keeps apart: ${name}`, { timeout: 300_000 }, () => {
    let root: string
    let server: RuntimesProcess
    let runtime: RemoteRuntime
    let neighbour: RemoteRuntime
    const kept = (): readonly string[] => [join(root, 'workspace'), join(root, 'other'), join(root, 'data/runtime')]
    before(async () => {
      root = await mkdtemp('/tmp/openhands-security-')
      for (const path of ['data', 'workspace', 'other']) await mkdir(join(root, path), { mode: 0o700 })
      const secrets = ['secret', 'data/config.toml', 'data/token', 'data/events.db', 'other/file']
      for (const path of secrets) await writeFile(join(root, path), 'canary-in-file', { mode: 0o600 })
      for (const path of [
        '.',
        'data',
        'workspace',
        ...(uid === undefined ? secrets.slice(0, 4) : ['other', ...secrets]),
      ]) {
        if (uid !== undefined) await chown(join(root, path), uid, uid)
      }
      if (uid === undefined) await rm(join(root, 'other/file'))
      await chmod(root, 0o711)
      const ids = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--']
      server = new RuntimesProcess({
        options: {
          sandbox: 'bubblewrap',
          dataDirectory: join(root, 'data'),
          limits: { silenceMs: 5000, temporaryBytes: 8 * 1024 ** 2 },
        },
        prefix: uid === undefined ? [] : ['setpriv', ...ids],
        env: canaries,
      })
      runtime = await server.start(session, join(root, 'workspace'))
      neighbour = await server.start('2'.repeat(32), join(root, 'other'))
    })
    after(async () => {
      await server?.[Symbol.asyncDispose]()
      await rm(root, { recursive: true })
    })
    const outputOf = async (command: string): Promise<string> => (await runtime.run(command)).output
    /** Checks that none of the commands succeeds. */
    const refused = (rule: string, commands: () => readonly string[]): void =>
      void test(rule, async () => {
        for (const command of commands()) {
          const { exitCode, timedOut } = await runtime.run(`( ${command} ) </dev/null >/dev/null 2>&1`)
          assert.ok(exitCode > 0 && !timedOut, command)
        }
      })

    test('the server is the user that it should be', async () => {
      const status = readFileSync(`/proc/${server.pid}/status`, 'utf8')
      assert.equal(Number(/^Uid:\s+(\d+)/m.exec(status)?.[1]), uid ?? process.geteuid?.())
    })

    test('[S27] programs have no rights, cannot gain any, and are not root on the host', async () => {
      const status = await outputOf('cat /proc/self/status')
      for (const set of ['CapPrm', 'CapEff', 'CapBnd', 'CapAmb', 'CapInh'])
        assert.match(status, new RegExp(`${set}:\t0+\n`))
      assert.match(status, /NoNewPrivs:\t1\n/)
      assert.match(status, /Seccomp:\t2\n/)
      assert.match(await outputOf('id -u; id -G'), /^1000\n1000\n$/)
      const sleep = sleepOf()
      await runtime.run(`${sleep} &`)
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
      const [pid] = processesWith(sleep.replace(' ', '\0'))
      const owner = (await stat(`/proc/${pid}`)).uid
      assert.ok(uid === undefined ? owner !== 0 : owner === uid)
      await runtime.run('kill %1; wait')
    })

    refused('[S27] nothing but the workspace, home and temporary folders can be written', () => [
      ...['/x', '/etc/x', '/usr/x', '/opt/x', '/var/x', '/home/x', '/openhands/node', '/openhands/x'].map(
        path => `touch ${path}`,
      ),
      'touch /openhands/program/main.js',
      'echo >> /openhands/program/main.js',
      'echo x > /etc/passwd',
      'mkdir /sys',
      'rm -rf /usr/bin/true',
      'mv /openhands /tmp/other',
      'chmod 777 /',
      'ln -f /etc/passwd /workspace/passwd && echo x >> /workspace/passwd',
    ])

    refused('[S27] [S23] files of the host cannot be read', () => [
      'cat /etc/shadow',
      ...['/root', '/boot', '/srv', '/mnt', '/sys', '/home/*/.ssh', '/var/spool/cron', '/var/lib', homedir()].map(
        path => `ls ${path}`,
      ),
      `ls ${root}`,
      `cat ${root}/secret`,
      `cat ${root}/data/token`,
      `cat ${root}/other/file`,
      'ls /workspace/../secret',
      'cat /proc/1/root/root',
      'cat /proc/kcore',
      'head -c 1 /dev/mem || head -c 1 /dev/kmem || head -c 1 /dev/vda || head -c 1 /dev/sda',
    ])

    refused("[S27] mounts, roots, name spaces and the kernel's switches are out of reach", () => [
      'mount -o remount,rw /usr',
      'mount -o remount,bind,rw /etc',
      'mount -t tmpfs none /tmp',
      'mount -t proc proc /tmp',
      'mount -t overlay overlay -o lowerdir=/etc,upperdir=/tmp,workdir=/workspace /tmp',
      'mount --bind /workspace /etc',
      'umount /etc',
      'umount -l /proc',
      'pivot_root /workspace /tmp',
      'chroot / true',
      ...['-U', '-Urm', '-Urn', '-Urp --fork', '-i', '-u', '-C', '-m'].map(flags => `unshare ${flags} true`),
      `perl -e 'syscall(56, 0x10000011, 0, 0, 0, 0) > 0 or exit 1'`,
      `perl -e 'syscall(435, 0, 0) >= 0 or exit 1'`,
      'nsenter -t 1 -m true',
      'nsenter -t 1 -n true',
      ...['kernel/panic', 'kernel/core_pattern', 'kernel/modprobe', 'vm/drop_caches', 'user/max_user_namespaces'].map(
        name => `cat /proc/sys/${name} > /proc/sys/${name}`,
      ),
      'echo 1 > /proc/sys/kernel/panic',
      'echo x > /proc/sysrq-trigger',
      'echo 0 > /proc/irq/default_smp_affinity',
      'sysctl -w kernel.panic=0',
      'dmesg',
      'hostname other',
      'date -s 2020-01-01',
      'reboot -f',
      'insmod /tmp/x.ko',
    ])

    refused('[S27] device nodes, programs with another owner, and fake ones give nothing', () => [
      'mknod /tmp/null c 1 3',
      'mknod /workspace/disk b 254 0',
      'head -c 1 /dev/fuse',
      'su -c true',
      'sudo -n true',
      'mount /mnt',
      'cp /usr/bin/id /workspace/id && chmod 4755 /workspace/id && chown 0:0 /workspace/id',
      'cp /usr/bin/id /tmp/id && chmod 6755 /tmp/id && [ "$(/tmp/id -u)" != 1000 ]',
      'find / -xdev -perm -4000 -exec {} --help \\; -quit 2>/dev/null && [ "$(id -u)" = 0 ]',
    ])

    refused('[S27] the running programs cannot be overwritten', () => [
      'echo x > /proc/self/exe',
      'echo x > /proc/1/exe',
      'echo x > /proc/$PPID/exe',
      'cp /usr/bin/true /openhands/node',
      'dd if=/dev/zero of=/proc/1/mem bs=1 count=1',
    ])

    test('[S27] a program cannot type into a terminal', async () => {
      const attempt = (request: string): string => `perl -e 'ioctl(STDIN, ${request}, my $c = "x") or exit 1'`
      for (const request of ['0x5412', '0x541c']) assert.notEqual((await runtime.run(attempt(request))).exitCode, 0)
    })

    test('[S27] [S11] the file tools see what the shell sees', async () => {
      const files = ['/etc/shadow', '/root/.bashrc', `${root}/secret`, `${root}/data/token`, '../secret', '/proc/1/mem']
      await runtime.run(
        `ln -sfn ${root}/secret link; ln -sfn /proc/self/root/root up; ln -sfn link chain; ln -sfn / all`,
      )
      const linked = ['link', 'chain', 'up/.bashrc', 'all/etc/shadow', '/proc/self/root/etc/shadow', '/proc/1/environ']
      for (const path of [...files, ...linked]) {
        assert.equal((await runtime.read(path)).ok, false, path)
        assert.equal((await runtime.view(path)).ok, false, path)
      }
      const places = ['/etc/x', '/usr/x', `${root}/x`, `${root}/data/x`, 'all/etc/x', '/proc/sys/kernel/panic', '/x']
      for (const path of places) {
        assert.equal((await runtime.write(path)).ok, false, path)
        assert.equal((await runtime.create(path)).ok, false, path)
      }
      await runtime.run('rm -f link up chain all')
    })

    test('[S11] a fifo, a device or an endless file does not hang the file tools', async () => {
      await runtime.run('mkfifo fifo; ln -s /dev/zero zero; ln -s /dev/tty tty; ln -s loop loop')
      const begin = performance.now()
      for (const path of ['fifo', 'zero', 'tty', 'loop', '/dev/stdin', '/dev/zero', '/proc/kmsg']) {
        assert.equal((await runtime.read(path)).ok, false, path)
        if (!path.startsWith('/')) assert.equal((await runtime.write(path)).ok && path !== 'fifo', false, path)
      }
      assert.ok(performance.now() - begin < 10_000)
      await runtime.run('rm -f fifo zero tty loop')
    })

    test('[S11] a folder that is swapped for a link all the time leads nobody out', async () => {
      await writeFile(join(root, 'secret'), 'canary-in-file')
      await runtime.run('mkdir -p real; echo mine > real/secret')
      const swap = `while [ -e real ]; do ln -sfn ${root} at; rm at; ln -sfn real at; rm at; mkdir at; rmdir at; done`
      await runtime.run(`(${swap}) 2>/dev/null &`)
      for (let times = 0; times < 300; times++) {
        const outcome = await runtime.read('at/secret')
        assert.ok(!outcome.ok || outcome.text === 'mine\n', JSON.stringify(outcome))
        await runtime.write('at/written')
      }
      await runtime.run('rm -r real; wait')
      await runtime.run('true # hears that the job has ended')
      assert.equal(existsSync(join(root, 'written')), false)
    })

    test('[S19] neither the environment nor the memory of the server is there', async () => {
      const everything = 'cat /proc/*/environ /proc/*/task/*/environ /proc/*/cmdline 2>/dev/null | tr "\\0" "\\n"; env'
      const seen = await outputOf(everything)
      assert.doesNotMatch(seen, /canary/i)
      assert.doesNotMatch(seen, new RegExp(root))
      assert.doesNotMatch(seen, new RegExp(`\\b(${process.pid}|${server.pid})\\b`))
      for (const path of ['/proc/self/environ', '/proc/1/environ', '/proc/1/cmdline', '/proc/self/mountinfo']) {
        const outcome = await runtime.read(path)
        assert.doesNotMatch(JSON.stringify(outcome), /canary/i)
      }
      const memory = `for m in /proc/[0-9]*/mem; do head -c 1 $m && echo open; done 2>/dev/null`
      assert.equal(await outputOf(memory), '')
    })

    test('[S19] programs have the descriptors 0 to 2 and no other, and none leads to the server', async () => {
      assert.equal(await outputOf('sleep 9 & sleep 0.1; ls -1 /proc/$!/fd; kill $!'), '0\n1\n2\n')
      const links = await outputOf('for f in /proc/[0-9]*/fd/*; do readlink $f; done 2>/dev/null')
      assert.doesNotMatch(links, new RegExp(root))
    })

    test('[S19] no process of the host can be seen, signalled or traced', async () => {
      const pids = (await outputOf('ls /proc | grep -E "^[0-9]+$"')).trim().split('\n').map(Number)
      assert.ok(pids.length < 20)
      assert.equal(await outputOf('cat /proc/1/comm'), 'bwrap\n')
      const sleep = sleepOf()
      await neighbour.run(`${sleep} &`)
      await eventually(() => processesWith(sleep.replace(' ', '\0')).length === 1, 'it runs')
      assert.doesNotMatch(await outputOf('cat /proc/[0-9]*/cmdline | tr "\\0" " "'), new RegExp(sleep))
      for (const pid of [process.pid, server.pid, ...processesWith(sleep.replace(' ', '\0'))]) {
        if (pids.includes(pid)) continue
        assert.notEqual((await runtime.run(`kill -0 ${pid} 2>/dev/null`)).exitCode, 0)
      }
    })

    test('[S23] the server, its files and those of its user are as before, whatever an agent tries', async () => {
      const places = [
        ...['data/config.toml', 'data/token', 'data/events.db', 'data/policy.toml', 'secret', 'data/runtime/x'].map(
          path => join(root, path),
        ),
        ...['.bashrc', '.profile', '.ssh/authorized_keys', '.config/systemd/user/x.service', '.gitconfig'].map(path =>
          join(homedir(), path),
        ),
        ...['/etc/cron.d/x', '/var/spool/cron/crontabs/root', '/etc/systemd/system/x.service', '/etc/profile.d/x.sh'],
        join(import.meta.dirname, 'catalogue.ts'),
      ]
      const before = places.map(path => (existsSync(path) ? lstatSync(path).mtimeMs : undefined))
      const tree = hashOf(root, kept())
      for (const path of places) {
        const folder = dirname(path)
        const [shell, tool] = [await runtime.run(`mkdir -p ${folder} && echo x >> ${path}`), await runtime.write(path)]
        // What has the same name in the sandbox's own folder for temporary files is something else.
        if (!path.startsWith('/tmp/')) assert.deepEqual([shell.exitCode > 0, tool.ok], [true, false], path)
      }
      assert.deepEqual(
        places.map(path => (existsSync(path) ? lstatSync(path).mtimeMs : undefined)),
        before,
      )
      assert.equal(hashOf(root, kept()), tree)
    })

    test("[S24] [S25] settings of a repository that run programs, and words like options, touch nothing of the host's", async () => {
      const witness = join(root, 'witness')
      const evil = `sh -c 'touch ${witness} /etc/witness'`
      const settings = ['core.fsmonitor', 'core.sshCommand', 'core.pager', 'diff.external', 'filter.x.clean', 'alias.x']
      await runtime.run(`git init -q . && ${settings.map(key => `git config ${key} "${evil}"`).join(' && ')}`)
      await runtime.run('echo "* filter=x" > .gitattributes; echo a > a; git status; git add a; git diff; git x; true')
      for (const path of [
        `$(touch ${witness})`,
        `\`touch ${witness}\``,
        `;touch ${witness}`,
        `--output=${witness}`,
        '-x\ny',
      ]) {
        await runtime.write(path)
        await runtime.read(path)
        await runtime.view(path)
        await runtime.create(path)
      }
      assert.equal(existsSync(witness), false)
      assert.equal(existsSync('/etc/witness'), false)
      await runtime.run('rm -rf .git .gitattributes a')
    })

    test('[S28] there is no network but its own loopback, and no socket of the host', async () => {
      await using stack = new AsyncDisposableStack()
      const listening = async (where: string | number): Promise<Server> => {
        const host = createServer(socket => socket.on('error', () => undefined).end('canary'))
        if (typeof where === 'string') host.listen(where)
        else host.listen(where, '127.0.0.1')
        stack.defer(() => void host.close())
        await once(host, 'listening')
        return host
      }
      const address = (await listening(0)).address()
      assert.ok(typeof address === 'object' && address !== null)
      const name = `openhands-security-${process.pid}.sock`
      const folders = [root, '/tmp', ...(isRoot ? ['/run', homedir()] : [homedir()])]
      const sockets = [...folders.map(folder => join(folder, name)), join(root, 'docker.sock')]
      for (const path of sockets) {
        await listening(path)
        await chmod(path, 0o777)
      }
      const abstract = `openhands-security-${process.pid}`
      await listening(`\0${abstract}`)
      assert.match(await outputOf('cat /proc/net/dev'), /lo:/)
      assert.equal((await outputOf('tail -n +3 /proc/net/dev | grep -vc lo:')).trim(), '0')
      await neighbour.run('(python3 -m http.server 8765 >/dev/null 2>&1 &)')
      const up =
        'for i in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/8765) 2>/dev/null && exit; sleep 0.1; done; exit 1'
      assert.equal((await neighbour.run(`(${up})`)).exitCode, 0)
      const unix = (path: string): string =>
        `perl -MSocket -e 'socket(S,AF_UNIX,SOCK_STREAM,0); connect(S,sockaddr_un("${path}")) or exit 1'`
      const tcp = [`127.0.0.1/${address.port}`, '127.0.0.1/8765', '169.254.169.254/80', '1.1.1.1/53', '10.0.0.1/22']
      const attempts = [
        ...tcp.map(target => `exec 3<>/dev/tcp/${target}`),
        ...[
          ...sockets,
          `\\0${abstract}`,
          '/var/run/docker.sock',
          '/run/docker.sock',
          '/run/dbus/system_bus_socket',
        ].map(unix),
        ...[16, 17, 29, 38, 40].map(
          family =>
            `perl -e 'socket(S,${family},3,16) or socket(S,${family},1,0) or exit 1; exit ${family === 16 || family === 29 ? 1 : 0}'`,
        ),
      ]
      for (const attempt of attempts)
        assert.notEqual((await runtime.run(`(${attempt}) 2>/dev/null`)).exitCode, 0, attempt)
    })

    test('[P45] [S30] a fork bomb and a full folder in memory meet their limits; the sandbox lives', async () => {
      const full = await runtime.run('head -c 20000000 /dev/zero > /tmp/full')
      assert.notEqual(full.exitCode, 0)
      assert.match(full.output, /No space left/)
      await runtime.run('rm /tmp/full')
      const processes = runtime.limits.find(limit => limit.of === 'processes')
      assert.equal(processes?.value, 1024)
      const bomb = await runtime.run('bomb() { bomb | bomb & }; bomb 2>/dev/null; sleep 60', 4000)
      assert.equal(bomb.timedOut, true)
      assert.match(bomb.output, /\[The limit of 1024 processes was reached\.\]/)
      await runtime.write('after', 'x')
      // The last of it may still be falling.
      await eventually(async () => (await outputOf('cat after; ulimit -n; ulimit -c')) === 'x4096\n0\n', 'all is quiet')
    })
  })
}

if (isRoot) {
  securitySuite('the server is root', undefined)
  securitySuite('the server is an ordinary user', ordinary)
} else securitySuite('the server is an ordinary user', undefined)
