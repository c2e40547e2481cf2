/** Where the private key is kept that signs release bundles. */
export type BundleKeyPlace = {
  /** PKCS#8, as PEM or as its base64 alone; undefined: none was made yet. */
  read(): Promise<string | undefined>
  /**
   * Keep a new key. Absent where the operator gives the key, who then renews it too.
   *
   * @param replacing whether it takes the place of one that is there; if not, that one stays
   */
  keep?(pkcs8: string, replacing: boolean): Promise<void>
}

/** A key that the operator gave. @param pkcs8 undefined: none was given */
export function givenBundleKey(pkcs8: string | undefined): BundleKeyPlace {
  return { read: async () => pkcs8 }
}
