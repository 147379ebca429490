package org.starling.tap;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.Arrays;
import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

/**
 * The phone's end of a line that only the two who share the pairing key can speak on, each message once and in its order
 * (docs/wire.md, "The phone's line").
 */
final class SealedLine {
  static final int NONCE_BYTES = 16;
  private static final int KEY_BYTES = 32;
  private static final byte[] INFO = "starling/v1/phone line".getBytes(StandardCharsets.US_ASCII);

  private final SecretKeySpec sending;
  private final SecretKeySpec receiving;
  private long sent;
  private long received;

  SealedLine(byte[] pairingKey, byte[] peerNonce, byte[] phoneNonce) {
    byte[] salt = ByteBuffer.allocate(2 * NONCE_BYTES).put(peerNonce).put(phoneNonce).array();
    byte[] keys = Digests.hkdf(pairingKey, salt, INFO, 2 * KEY_BYTES);
    sending = new SecretKeySpec(keys, 0, KEY_BYTES, "AES");
    receiving = new SecretKeySpec(keys, KEY_BYTES, KEY_BYTES, "AES");
    Arrays.fill(keys, (byte) 0);
  }

  byte[] seal(byte[] message) throws GeneralSecurityException {
    return cipher(Cipher.ENCRYPT_MODE, sending, sent++).doFinal(message);
  }

  /** Throws where it is not the peer's next message. */
  byte[] open(byte[] sealed) throws GeneralSecurityException {
    return cipher(Cipher.DECRYPT_MODE, receiving, received++).doFinal(sealed);
  }

  private static Cipher cipher(int mode, SecretKeySpec key, long counter) throws GeneralSecurityException {
    Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
    cipher.init(mode, key, new GCMParameterSpec(128, ByteBuffer.allocate(12).putInt(0).putLong(counter).array()));
    return cipher;
  }
}
