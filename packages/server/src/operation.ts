import type { Config } from './config.ts'
import type { Engine } from './engine.ts'
import type { Access } from './http/access.ts'
import type { Door } from './http/listen.ts'
import type { Operation } from './http/operation-routes.ts'
import { checksOf, diskLook, type Look } from './telemetry/readiness.ts'

/** What the doors tell operators, put together of what every part knows of itself. */
export function operationOf(
  { dataDir }: Pick<Config, 'dataDir'>,
  { manager, telemetry, storeWaiting }: Engine,
  { access, doors }: { readonly access: Pick<Access, 'admit'>; readonly doors: readonly Door[] },
): Operation {
  const looks: Readonly<Record<string, Look>> = {
    recovery: () => (manager.recovered ? undefined : 'Sessions that a dead server left under way are being opened.'),
    drain: () => (manager.draining ? 'The server gets ready to end.' : undefined),
    store: () => telemetry.storeTrouble.reason,
    disk: diskLook(dataDir),
    sandbox: () => telemetry.sandboxTrouble.reason,
  }
  const crowds = (): ReturnType<NonNullable<Door['crowds']>> => doors.flatMap(door => door.crowds?.() ?? [])
  const sessions = async (): Promise<ReadonlyMap<string, number>> => {
    const byState = new Map<string, number>()
    for (const { stream } of await manager.opened()) {
      const state = stream.state.agentState ?? 'new'
      byState.set(state, (byState.get(state) ?? 0) + 1)
    }
    return byState
  }
  return {
    admits: async request => (await access.admit(request.raw)).ok,
    checks: () => checksOf(looks),
    metrics: () => telemetry.metrics({ sessions, crowds, storeWaiting }),
  }
}
