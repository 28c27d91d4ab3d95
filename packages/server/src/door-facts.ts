import { agentNames } from './agents/catalogue.ts'
import { analyzerNames } from './analyzers/catalogue.ts'
import type { Config } from './config.ts'
import { serverSettings } from './config-shown.ts'
import type { DoorFacts } from './http/door-parts.ts'
import { uploadRules } from './http/upload-rules.ts'
import { present } from './lib/present.ts'
import { knownModels } from './models/known-models.ts'
import { analyzerSettings } from './parts.ts'

/** What the settings mean for what the doors tell their clients. */
export function doorFacts(config: Config): DoorFacts {
  const github = {
    apiUrl: config.githubApiUrl,
    webUrl: config.githubUrl,
    clientId: config.githubClientId ?? '',
    ...present({ clientSecret: config.githubClientSecret?.reveal() }),
  }
  return {
    models: config.model === undefined ? knownModels : [config.model, ...knownModels],
    agents: agentNames,
    analyzers: analyzerNames(analyzerSettings(config)),
    defaultAgent: config.agent,
    dataDir: config.dataDir,
    server: serverSettings(config),
    github,
    ...uploadRules({
      maxFileSizeMb: config.uploadMegabytes,
      restrictFileTypes: config.uploadsRestricted,
      allowedExtensions: config.uploadEndings?.split(','),
    }),
    ...present({ feedbackUrl: config.feedbackUrl }),
  }
}
