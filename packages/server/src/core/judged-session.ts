import type { SessionSettings } from '@openhands/protocol'
import { present } from '../lib/present.ts'
import { effectiveSettings } from './effective-settings.ts'
import type { EventStream } from './event-stream.ts'
import type { Analyzers, JudgedSession, JudgeRules, SecurityAnalyzer } from './ports.ts'
import type { ServerParts } from './server-parts.ts'

type Parts = Pick<ServerParts, 'defaults' | 'log' | 'runtimes' | 'redactor'>

/** What an analyzer sees of a session whose folder on the host is given. Its rules are events, so a restart keeps them. */
export function judgedSession(stream: EventStream, parts: Parts, folder: string): JudgedSession {
  const rules = (): JudgeRules => {
    const { settings } = stream.state
    const { confirmation } = effectiveSettings(parts.defaults, settings)
    return { confirmation, ...present({ policy: settings.security_policy }) }
  }
  return {
    workspace: parts.runtimes.workspaceOf(folder),
    ownNetwork: parts.runtimes.isolated,
    next: () => stream.state.next,
    page: from => stream.page(from),
    rules,
    redact: value => parts.redactor.value(value),
    async change({ confirmation, policy }) {
      const before = rules().confirmation
      const args: SessionSettings = present({ confirmation, security_policy: policy })
      await stream.append({ action: 'initialize', source: 'user', args })
      const said = present({ confirmation, before, policyCharacters: policy?.length })
      parts.log.warn('the rules that actions are judged by were changed', { session: stream.session, ...said })
    },
  }
}

/** The analyzer of that name, or one that can judge nothing: what cannot be judged waits for a yes. */
export function analyzerOr(analyzers: Analyzers, name: string, session: JudgedSession): SecurityAnalyzer {
  const analyzer = analyzers.make(name, session)
  if (analyzer) return analyzer
  const why = analyzers.refusal(name) ?? 'it could not be made.'
  return {
    name,
    assess: () => Promise.reject(new Error(why)),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}
