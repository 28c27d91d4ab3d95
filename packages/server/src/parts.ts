import { type AnalyzerSettings, createAnalyzers } from './analyzers/catalogue.ts'
import { type Config, ConfigError } from './config.ts'
import type { Analyzers, Log, Models, Runtimes, Secrets } from './core/ports.ts'
import { Redactor } from './core/redactor.ts'
import { parseCredentials } from './egress/credential.ts'
import { createEgress } from './egress/egress.ts'
import { EgressSyntaxError, parseEgressList } from './egress/rule.ts'
import { systemClock } from './lib/clock.ts'
import { messageOf } from './lib/errors.ts'
import { present } from './lib/present.ts'
import { createModels } from './models/catalogue.ts'
import { createRuntimes } from './runtimes/catalogue.ts'

/** What analyzers are made of. */
export function analyzerSettings({ invariantUrl: url, invariantTimeout }: Config): AnalyzerSettings {
  return url === undefined ? {} : { invariant: { url, timeoutMs: invariantTimeout * 1000 } }
}

/** The analyzers that the settings allow. Throws `ConfigError` where they name one for new sessions that there is not. */
export function analyzersOf(config: Config): Analyzers {
  const analyzers = createAnalyzers(analyzerSettings(config))
  const refusal = config.analyzer === 'none' ? undefined : analyzers.refusal(config.analyzer)
  if (refusal !== undefined) throw new ConfigError(`SECURITY_SECURITY_ANALYZER: ${refusal}`)
  return analyzers
}

/** What is to be seen nowhere: the secrets among the settings, to begin with. */
export function redactorOf({ apiKey, token }: Config): Redactor {
  const redactor = new Redactor()
  for (const secret of [apiKey, token]) if (secret) redactor.learn(secret)
  return redactor
}

/** The same for everything that the operator has entrusted to the server. */
export function learnAll(redactor: Redactor, secrets: Secrets): void {
  for (const name of secrets.names()) {
    const secret = secrets.get(name)
    if (secret) redactor.learn(secret)
  }
}

/** The models that the settings name. */
export function modelsOf(config: Config, log: Log): Models {
  return createModels({
    defaults: present({ model: config.model, baseUrl: config.baseUrl, apiKey: config.apiKey?.reveal() }),
    declared: present({
      contextTokens: config.contextTokens,
      maxOutputTokens: config.maxOutputTokens,
      inputCostPerToken: config.inputCost,
      outputCostPerToken: config.outputCost,
    }),
    sampling: present({ temperature: config.temperature, topP: config.topP }),
    deadlines: config.modelTimeout === undefined ? {} : { firstByte: config.modelTimeout * 1000 },
    ...present({ recordFolder: config.recordFolder }),
    clock: systemClock,
    random: Math.random,
    onTrouble: error => log.warn('an answer could not be recorded', { error: messageOf(error) }),
  })
}

/** The sandboxes that the settings ask for, with their way out. Throws `ConfigError` for lists that cannot be read. */
export function runtimesOf(config: Config, secrets: Secrets): Runtimes {
  const rules = read('EGRESS_ALLOW', () => parseEgressList(config.egressAllow ?? ''))
  const credentials = read('EGRESS_CREDENTIALS', () => parseCredentials(config.egressCredentials ?? ''))
  const policyOf = () => ({ mode: config.egress, rules })
  return createRuntimes({
    sandbox: config.sandbox,
    dataDirectory: config.dataDir,
    environment: config.sandboxEnvironment,
    egress: createEgress({ dataDirectory: config.dataDir, policyOf, credentials, secrets }),
    limits: present({
      memoryBytes: config.sandboxMemory,
      cpus: config.sandboxCpus,
      processes: config.sandboxProcesses,
      reserveBytes: config.diskReserve,
    }),
    docker: present({ host: config.dockerSocket, image: config.sandboxImage }),
  })
}

function read<T>(name: string, parse: () => T): T {
  try {
    return parse()
  } catch (error) {
    if (error instanceof EgressSyntaxError) throw new ConfigError(`${name}: ${error.message}`)
    throw error
  }
}
