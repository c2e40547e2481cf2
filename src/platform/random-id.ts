import { hex } from '../core/bytes.ts'

/** 32 random hex digits, the form of MLflow's run ids. */
export function randomId(): string {
  return hex(crypto.getRandomValues(new Uint8Array(16)))
}
