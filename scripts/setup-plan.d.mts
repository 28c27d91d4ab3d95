/** What set-up looked up about the machine and the folder before it decides. */
export interface Machine {
  readonly platform: string
  readonly arch: string
  /** Version of the Node that runs set-up, such as `20.20.2`. */
  readonly node: string
  /** Whether an earlier set-up has brought a Node of the right version. */
  readonly ownNode: boolean
  readonly uid: number
  /** Whether the system is Debian, Ubuntu or derived from them. */
  readonly debian: boolean
  /** Package managers found on the PATH. */
  readonly managers: readonly string[]
  /** Those binaries of `systemPackages` that are on the PATH. */
  readonly binaries: readonly string[]
  readonly packages: 'installed' | 'missing' | 'changed'
  readonly page: 'absent' | 'built' | 'stale'
}

export interface Options {
  readonly verb: string
  /** False forbids set-up to install anything outside this folder. */
  readonly systemPackages: boolean
}

export interface NodePackage {
  readonly name: string
  readonly version: string
  readonly integrity: string
}

export type Step =
  | ({ readonly do: 'node' } & NodePackage)
  | { readonly do: 'packages'; readonly state: 'missing' | 'changed' }
  | {
      readonly do: 'system'
      readonly packages: readonly string[]
      readonly binaries: readonly string[]
      readonly command: string
      readonly fatal: boolean
    }
  | { readonly do: 'advise'; readonly why: string; readonly command: string; readonly fatal: boolean }
  | { readonly do: 'refuse'; readonly why: string; readonly command: string }
  | { readonly do: 'page' }

interface Lockfile {
  readonly packages?: Readonly<Record<string, LockedPackage>>
}

interface LockedPackage {
  readonly version?: string
  readonly integrity?: string
  readonly link?: boolean
  readonly optional?: boolean
}

export declare const NODE_MAJOR: number
export declare const packageManagers: readonly string[]
export declare const systemPackages: readonly {
  readonly package: string
  readonly binary: string
  readonly platform: string
  readonly neededBy: readonly string[]
  readonly why: string
}[]
export declare function nodePackage(platform: string, arch: string): NodePackage | undefined
export declare function plan(machine: Machine, options: Options): Step[]
export declare function installCommand(machine: Pick<Machine, 'uid' | 'managers'>, names: readonly string[]): string
export declare function agrees(lockfile: Lockfile, installed: Lockfile): boolean
