import { request } from 'node:http'

/** How long, in milliseconds, the proxy may take, and how many UTF-16 units of its answer count. */
const timeLimit = 3000
const answerLimit = 2000

/**
 * What the proxy says to a tunnel to an address, where it refuses that: browsers hide its words. Empty when it does not
 * refuse, or says nothing.
 */
export async function refusalOfProxy(proxy: string, address: string, signal: AbortSignal): Promise<string> {
  const [way, target] = [URL.parse(proxy), URL.parse(address)]
  if (way === null || target === null) return ''
  const port = target.port || (target.protocol === 'https:' ? '443' : '80')
  const asked = request({
    host: way.hostname,
    port: way.port,
    method: 'CONNECT',
    path: `${target.hostname}:${port}`,
    headers: { host: `${target.hostname}:${port}` },
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeLimit)]),
  })
  const { promise, resolve } = Promise.withResolvers<string>()
  asked.on('error', () => resolve(''))
  asked.on('connect', (response, socket, head) => {
    if (response.statusCode === 200) {
      socket.destroy()
      return resolve('')
    }
    let text = head.toString('utf8')
    const end = (): void => resolve(text.slice(0, answerLimit).trim())
    socket.on('data', bytes => {
      text += String(bytes)
      if (text.length > answerLimit) socket.destroy()
    })
    socket.on('close', end)
    socket.on('error', end)
    return undefined
  })
  asked.end()
  return promise
}
