/** Types of predicates. Nobody can own the domain of ours, so nobody else gives them another meaning. */
export const predicateTypes = {
  model: 'https://model_signing/signature/v1.0',
  release: 'https://gatehouse.example/attestation/release/v1',
  gates: 'https://in-toto.io/attestation/test-result/v0.1',
  provenance: 'https://slsa.dev/provenance/v1',
} as const
