import { type AttestedFact, findAttested } from '../attestations/attested.ts'
import { predicateTypes } from '../attestations/predicate-types.ts'
import { excerpt } from '../core/error.ts'
import type { Context } from '../platform/context.ts'
import type { Gate, Policy } from './policies/policy.ts'
import { failed, passed, type Verdict } from './policies/verdict.ts'

type AttestationGate = Extract<Gate, { type: 'attestation' }>

/** The statements that the gates of policies ask for, by the gate; and that they still are the newest. */
export async function readAttested(
  ctx: Context,
  policies: readonly Policy[],
  modelVersionId: number,
) {
  const gates = policies.flatMap(({ document }) =>
    document.gates.flatMap((gate) => (gate.type === 'attestation' ? [gate] : [])),
  )
  const { facts, isStill } = await findAttested(ctx, modelVersionId, gates)
  const byGate = new Map<Gate, AttestedFact>(
    gates.flatMap((gate, i) => (facts[i] ? [[gate, facts[i]] as const] : [])),
  )
  return { byGate, isStill }
}

/** Judge a gate by the newest statement that it asks for: it waits for one, and fails by a test that failed. */
export function judgeAttestation(
  { predicate, key }: AttestationGate,
  fact: AttestedFact | undefined,
): Verdict {
  const what = `'${excerpt(predicate)}' by the key '${excerpt(key)}'`
  if (!fact?.isKeyKnown) return failed(`no key '${excerpt(key)}' is trusted here`)
  const { attestation } = fact
  if (!attestation) return { status: 'pending', detail: `there is no attestation ${what}` }
  const told = `attestation ${attestation.id} ${what}`
  if (predicate !== predicateTypes.gates) return passed(told)
  return attestation.result === 'PASSED'
    ? passed(`${told}: PASSED`)
    : failed(`${told}: ${attestation.result ?? 'it has no result'}`)
}
