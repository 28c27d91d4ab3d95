import type { Duplex } from 'node:stream'

/** Connections that have shown nothing yet: all of them, and those of one address. */
const MAX_STRANGERS = 2048
const MAX_OF_ADDRESS = 512

/**
 * Who is connected and was not let in yet (S35). There are only so many, and for a new one the oldest has to go: so a
 * crowd at the door holds little memory, and whoever can show something gets in past it.
 */
export class Strangers {
  /** By address, the oldest first. */
  readonly #waiting = new Map<string, Set<Duplex>>()
  /** All of them, the oldest first. */
  readonly #all = new Map<Duplex, string>()
  readonly #isCrowd: (address: string) => boolean

  /** `isCrowd`: whether many people share an address, as those behind a proxy do. */
  constructor(isCrowd: (address: string) => boolean = () => false) {
    this.#isCrowd = isCrowd
  }

  get count(): number {
    return this.#all.size
  }

  /** Somebody has connected. */
  add(socket: Duplex, address: string): void {
    const same = this.#waiting.get(address) ?? new Set()
    this.#waiting.set(address, same)
    same.add(socket)
    this.#all.set(socket, address)
    socket.once('close', () => this.letIn(socket))
    if (same.size > MAX_OF_ADDRESS && !this.#isCrowd(address)) this.#turnAway(same.values().next().value)
    if (this.#all.size > MAX_STRANGERS) this.#turnAway(this.#all.keys().next().value)
  }

  /** It may stay: what it has asked for was admitted. */
  letIn(socket: Duplex): void {
    const address = this.#all.get(socket)
    if (address === undefined) return
    this.#all.delete(socket)
    const same = this.#waiting.get(address)
    same?.delete(socket)
    if (same?.size === 0) this.#waiting.delete(address)
  }

  #turnAway(socket: Duplex | undefined): void {
    if (socket === undefined) return
    this.letIn(socket)
    socket.destroy()
  }
}
