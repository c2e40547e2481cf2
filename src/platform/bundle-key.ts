/** Where the private key is kept that signs release bundles. */
export type BundleKeyPlace = {
  /** PKCS#8, as PEM or as its base64 alone; undefined: none was made yet. */
  read(): Promise<string | undefined>
  /** Keep the first key; one that is there stays. Absent where the operator gives the key, who then renews it too. */
  keep?(pkcs8: string): Promise<void>
  /** Keys that may take its place, beside it; present where `keep` is. */
  readonly next?: NextKeys
}

type NextKeys = {
  keep(hint: string, pkcs8: string): Promise<void>
  /** Put it in the place of the key. @returns false: there is none of this hint */
  take(hint: string): Promise<boolean>
  drop(hint: string): Promise<void>
}

/** A key that the operator gave. @param pkcs8 undefined: none was given */
export function givenBundleKey(pkcs8: string | undefined): BundleKeyPlace {
  return { read: async () => pkcs8 }
}
