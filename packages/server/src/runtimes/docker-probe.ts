import type { Finding } from '../core/ports.ts'
import { type DockerClient, isPodman } from './docker-client.ts'
import { troubleOf } from './docker-trouble.ts'

/** What an engine can do for sandboxes of this image. */
export async function probeEngine(client: DockerClient, image: string): Promise<readonly Finding[]> {
  const { socket } = client.http
  const about = 'container engine'
  try {
    const { Version, ApiVersion, Components } = await client.version()
    const name = isPodman(Components) ? 'Podman' : 'Docker'
    const found = `${name} ${Version} with API ${ApiVersion} answers at ${socket}`
    return [{ about, ok: true, found }, await probeImage(client, image)]
  } catch (error) {
    const { message } = troubleOf(error, { socket, image, isPulling: false })
    const [found = '', remedy = ''] = message.split('\nWhat to do: ')
    return [{ about, ok: false, found, remedy }]
  }
}

async function probeImage(client: DockerClient, image: string): Promise<Finding> {
  const about = 'container image'
  if ((await client.image(image)) !== undefined) {
    return { about, ok: true, found: `${image} is there; whether Node.js runs in it shows at the first start` }
  }
  const found = `${image} is not there, and is fetched when it is first needed`
  return { about, ok: false, found, remedy: `docker pull ${image}` }
}
