/** What there is on the host to be got at. */
export interface EscapePlaces {
  /** A file and the folder that it is in, both the server's. */
  readonly secret: string
  readonly folder: string
  /** A socket in that folder, an abstract one, and a port of the host's loopback; somebody listens at each. */
  readonly socket: string
  readonly abstract: string
  readonly port: number
  /** The server's process, by its number and when it started. */
  readonly server: { readonly pid: number; readonly started: number }
}

/**
 * A program for Node.js, to be run in a sandbox, that tries to get out of it and then prints as JSON whether a filter of
 * system calls is active and which attempts were successful. It changes nothing where they are.
 */
export function escapeScript(places: EscapePlaces): string {
  return `(${attempt.toString()})(${JSON.stringify(places)})`
}

/** Runs inside: everything that it uses is here. */
async function attempt(places: EscapePlaces): Promise<void> {
  const fs = await import('node:fs')
  const net = await import('node:net')
  const status = fs.readFileSync('/proc/self/status', 'utf8')
  const field = (name: string): string => new RegExp(`^${name}:\\s*(\\S+)`, 'm').exec(status)?.[1] ?? ''
  const can = (work: () => boolean): boolean => {
    try {
      return work()
    } catch {
      return false
    }
  }
  const canMake = (folder: string): boolean =>
    can(() => {
      const path = `${folder}/openhands-probe-${places.server.pid}`
      fs.writeFileSync(path, '', { flag: 'wx' })
      fs.rmSync(path)
      return true
    })
  const canConnect = (where: { path: string } | { host: string; port: number }): Promise<boolean> =>
    new Promise(resolve => {
      const socket = net.connect(where)
      socket.setTimeout(2000, () => resolve(false))
      socket.once('connect', () => resolve(true))
      socket.once('error', () => resolve(false))
    })
  const isServer = (): boolean => {
    const fields = fs.readFileSync(`/proc/${places.server.pid}/stat`, 'utf8').split(') ')[1]?.split(' ')
    return fields?.[19] === String(places.server.started)
  }
  const escapes = [
    { name: 'write to /etc', succeeded: canMake('/etc') },
    { name: 'write to /usr', succeeded: canMake('/usr') },
    { name: "write to the server's own folder", succeeded: canMake(places.folder) },
    { name: 'read /etc/shadow', succeeded: can(() => fs.readFileSync('/etc/shadow').length > 0) },
    { name: "read the server's own files", succeeded: can(() => fs.readFileSync(places.secret).length > 0) },
    { name: 'see the processes of the host', succeeded: can(isServer) },
    { name: "change the kernel's settings", succeeded: can(() => fs.openSync('/proc/sys/kernel/panic', 'r+') > 0) },
    { name: 'connect to a socket of the host', succeeded: await canConnect({ path: places.socket }) },
    {
      name: 'connect to an abstract socket of the host',
      succeeded: await canConnect({ path: `\0${places.abstract}` }),
    },
    { name: 'connect to a port of the host', succeeded: await canConnect({ host: '127.0.0.1', port: places.port }) },
    { name: 'have rights of the administrator', succeeded: !/^0+$/.test(field('CapEff') + field('CapBnd')) },
    { name: 'gain rights from programs', succeeded: field('NoNewPrivs') !== '1' },
  ]
  process.stdout.write(JSON.stringify({ filter: field('Seccomp') === '2', escapes }))
  process.stdin.destroy()
}
