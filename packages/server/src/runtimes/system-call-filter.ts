/** What a kind of machine calls the things that the filter looks at; from the kernel's tables. */
interface Machine {
  /** How the kernel names it to a filter. */
  readonly audit: number
  /** Calls with this bit set belong to a second table of numbers, which is denied whole; 0 for none. */
  readonly foreignBit: number
  readonly clone: number
  readonly clone3: number
  readonly ioctl: number
  readonly socket: number
  /** Mounting, name spaces, modules, keys, clocks, tracing of the kernel, io_uring: nothing that a build or a test needs. */
  readonly denied: readonly number[]
}

/** io_uring_*, open_tree … fspick and mount_setattr have the same numbers everywhere. */
const common = [425, 426, 427, 428, 429, 430, 431, 432, 433, 442]
const machines: ReadonlyMap<string, Machine> = new Map([
  [
    'x64',
    {
      ...{ audit: 0xc000003e, foreignBit: 0x40000000, clone: 56, clone3: 435, ioctl: 16, socket: 41 },
      denied: [
        ...[103, 153, 155, 161, 163, 164, 165, 166, 167, 168, 169, 170, 171, 172, 173, 175, 176, 179, 227, 246, 248],
        ...[249, 250, 272, 298, 304, 308, 313, 320, 321, 323, ...common],
      ],
    },
  ],
  [
    'arm64',
    {
      ...{ audit: 0xc00000b7, foreignBit: 0, clone: 220, clone3: 435, ioctl: 29, socket: 198 },
      denied: [
        ...[39, 40, 41, 51, 58, 60, 89, 97, 104, 105, 106, 112, 116, 142, 161, 162, 170, 217, 218, 219, 224, 225],
        ...[241, 265, 268, 273, 280, 282, 294, ...common],
      ],
    },
  ],
])

/** Flags of `clone` that make name spaces. */
const newNameSpaces = 0x7e020000
/** Typing into a terminal on behalf of its user, TIOCSTI and TIOCLINUX. */
const typing = [0x5412, 0x541c]
/** Raw packets, the kernel's cryptography, and the channel from a virtual machine to its host: AF_PACKET, AF_ALG, AF_VSOCK. */
const families = [17, 38, 40]

const load = 0x20
const jumpIfEqual = 0x15
const jumpIfAtLeast = 0x35
const jumpIfAnySet = 0x45
const giveBack = 0x06
const allow = 0x7fff0000
const notPermitted = 0x00050001
const noSuchCall = 0x00050026
/** Where the number of the call, the machine, and the low half of an argument are in what a filter is shown. */
const callOffset = 0
const machineOffset = 4
const argumentOffset = (index: number): number => 16 + 8 * index

/** One instruction of a filter; `success` and `failure` are names of places, or absent to go on. */
interface Instruction {
  readonly code: number
  readonly value: number
  readonly success?: Place
  readonly failure?: Place
}
type Place = 'allow' | 'denied' | 'missing'

/** A seccomp filter for programs of this machine, in the form that bubblewrap reads; undefined for one that is not known. */
export function systemCallFilter(architecture: string): Buffer | undefined {
  const machine = machines.get(architecture)
  if (machine === undefined) return undefined
  const isEqual = (value: number, success: Place): Instruction => ({ code: jumpIfEqual, value, success })
  const look = (offset: number): Instruction => ({ code: load, value: offset })
  return assemble([
    look(machineOffset),
    { code: jumpIfEqual, value: machine.audit, failure: 'missing' },
    look(callOffset),
    ...(machine.foreignBit === 0
      ? []
      : [{ code: jumpIfAtLeast, value: machine.foreignBit, success: 'missing' as const }]),
    // Programs then fall back on `clone`, whose flags a filter can see.
    isEqual(machine.clone3, 'missing'),
    ...machine.denied.map(call => isEqual(call, 'denied')),
    ...argumentOf(machine.clone, 0, [{ code: jumpIfAnySet, value: newNameSpaces, success: 'denied' }]),
    ...argumentOf(
      machine.ioctl,
      1,
      typing.map(request => isEqual(request, 'denied')),
    ),
    ...argumentOf(
      machine.socket,
      0,
      families.map(family => isEqual(family, 'denied')),
    ),
  ])
}

/** Tests on an argument of one call; they end in allowing it. */
function argumentOf(call: number, index: number, tests: readonly Instruction[]): (Instruction & { skip?: number })[] {
  return [
    { code: jumpIfEqual, value: call, skip: tests.length + 2 },
    { code: load, value: argumentOffset(index) },
    ...tests,
    { code: giveBack, value: allow },
  ]
}

function assemble(body: readonly (Instruction & { readonly skip?: number })[]): Buffer {
  const places: Readonly<Record<Place, number>> = {
    allow: body.length,
    denied: body.length + 1,
    missing: body.length + 2,
  }
  const ends = [allow, notPermitted, noSuchCall].map((value): Instruction => ({ code: giveBack, value }))
  const program = Buffer.alloc((body.length + ends.length) * 8)
  for (const [index, instruction] of [...body, ...ends].entries()) {
    const jump = (place: Place | undefined): number => (place === undefined ? 0 : places[place] - index - 1)
    const skip = 'skip' in instruction && typeof instruction.skip === 'number' ? instruction.skip : 0
    program.writeUInt16LE(instruction.code, index * 8)
    program.writeUInt8(jump(instruction.success), index * 8 + 2)
    program.writeUInt8(jump(instruction.failure) + skip, index * 8 + 3)
    program.writeUInt32LE(instruction.value >>> 0, index * 8 + 4)
  }
  return program
}
