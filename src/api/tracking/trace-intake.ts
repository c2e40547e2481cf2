import { requireAdmin, requireExperiment } from '../../access/permissions/require.ts'
import { anyone } from '../../http/guards/guard.ts'
import {
  getDefaultIntake,
  getIntake,
  type IntakeCounts,
  type RevisedIntake,
  setDefaultIntake,
  setIntake,
} from '../../traces/intake/intake.ts'
import * as endpoints from '../endpoints/trace-intake.ts'
import { type ServedEndpoint, serve } from '../serve.ts'

/** What of traces is redacted and left out. */
export const traceIntakeRoutes: readonly ServedEndpoint[] = [
  serve(
    endpoints.getTraceIntake,
    (ctx, { params }) => requireExperiment(ctx, params.id, 'READ'),
    async (ctx, { params }) => intakeToWire(await getIntake(ctx, params.id)),
  ),
  serve(
    endpoints.putTraceIntake,
    (ctx, { params }) => requireExperiment(ctx, params.id, 'MANAGE'),
    async (ctx, { params, body }) =>
      intakeToWire(await setIntake(ctx, params.id, intakeFromWire(body))),
  ),
  serve(endpoints.getDefaultTraceIntake, anyone, async (ctx) =>
    termsToWire(await getDefaultIntake(ctx)),
  ),
  serve(endpoints.putDefaultTraceIntake, requireAdmin, async (ctx, { body }) =>
    termsToWire(await setDefaultIntake(ctx, intakeFromWire(body))),
  ),
]

type WireTerms = {
  readonly revision: number
  readonly redact_keys: string[]
  readonly redact_patterns: string[]
  readonly sample_rate?: number | null | undefined
}

function intakeFromWire(body: WireTerms): RevisedIntake {
  return {
    revision: body.revision,
    redactKeys: body.redact_keys,
    redactPatterns: body.redact_patterns,
    sampleRate: body.sample_rate ?? undefined,
  }
}

function termsToWire(terms: RevisedIntake) {
  return {
    revision: terms.revision,
    redact_keys: [...terms.redactKeys],
    redact_patterns: [...terms.redactPatterns],
    sample_rate: terms.sampleRate ?? null,
  }
}

function intakeToWire(intake: RevisedIntake & IntakeCounts) {
  return {
    ...termsToWire(intake),
    values_redacted: intake.valuesRedacted,
    spans_left_out: intake.spansLeftOut,
    infos_left_out: intake.infosLeftOut,
  }
}
