package org.starling.tap;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What finds this phone's peer, and makes it believe the phone. It is a secret. */
public final class PairingCode {
  private static final String PREFIX = "STARLING.TAP.";
  private static final String ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
  private static final int VERSION = 1;
  private static final int KEY_BYTES = 32;

  final byte[] key;
  /** Each HOST:PORT. */
  final List<String> addresses;

  private PairingCode(byte[] key, List<String> addresses) {
    this.key = key;
    this.addresses = Collections.unmodifiableList(addresses);
  }

  /** Null where the text is no pairing code, or one of another version. */
  public static PairingCode parse(String text) {
    byte[] bytes = text.startsWith(PREFIX) ? base32(text.substring(PREFIX.length())) : null;
    if (bytes == null) return null;
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes);
      if (in.get() != VERSION) return null;
      byte[] key = new byte[KEY_BYTES];
      in.get(key);
      if (readLength(in) != in.remaining()) return null;
      List<String> addresses = new ArrayList<>();
      while (in.hasRemaining()) {
        byte[] address = new byte[readLength(in)];
        in.get(address);
        addresses.add(new String(address, StandardCharsets.US_ASCII));
      }
      return addresses.isEmpty() ? null : new PairingCode(key, addresses);
    } catch (BufferUnderflowException | NegativeArraySizeException e) {
      return null;
    }
  }

  /** A length of one or two bytes (RFC 9420, 2.1.2); nothing longer is in a code. */
  private static int readLength(ByteBuffer in) {
    int first = in.get() & 0xFF;
    if (first < 0x40) return first;
    return first < 0x80 ? (first & 0x3F) << 8 | in.get() & 0xFF : -1;
  }

  private static byte[] base32(String text) {
    byte[] out = new byte[text.length() * 5 / 8];
    int buffer = 0;
    int bits = 0;
    int at = 0;
    for (int i = 0; i < text.length(); i++) {
      int value = ALPHABET.indexOf(text.charAt(i));
      if (value < 0) return null;
      buffer = buffer << 5 | value;
      bits += 5;
      if (bits >= 8) {
        bits -= 8;
        out[at++] = (byte) (buffer >> bits);
      }
      buffer &= (1 << bits) - 1;
    }
    return buffer == 0 && bits < 5 ? out : null;
  }
}
