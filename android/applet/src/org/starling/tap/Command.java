package org.starling.tap;

import java.util.Arrays;

/** A command APDU of ISO/IEC 7816-4, short form. */
final class Command {
  static final int MAX_RESPONSE_DATA = 256;
  private static final int HEADER_BYTES = 4;
  private static final int MAX_COMMAND_BYTES = HEADER_BYTES + 1 + 255 + 1;

  final int cla;
  final int ins;
  final int p1;
  final int p2;
  final byte[] data;
  /** How many bytes of answer are asked for, 1 to 256; 0 for none. */
  final int le;

  private Command(byte[] bytes, byte[] data, int le) {
    this.cla = bytes[0] & 0xFF;
    this.ins = bytes[1] & 0xFF;
    this.p1 = bytes[2] & 0xFF;
    this.p2 = bytes[3] & 0xFF;
    this.data = data;
    this.le = le;
  }

  /** All four cases of the short form; null for what is longer, of the extended form, or no command. */
  static Command decode(byte[] bytes) {
    if (bytes.length < HEADER_BYTES || bytes.length > MAX_COMMAND_BYTES) return null;
    int body = bytes.length - HEADER_BYTES;
    if (body == 0) return new Command(bytes, new byte[0], 0);
    int first = bytes[HEADER_BYTES] & 0xFF;
    if (body == 1) return new Command(bytes, new byte[0], askedFor(first));
    int end = HEADER_BYTES + 1 + first;
    if (first == 0 || (bytes.length != end && bytes.length != end + 1)) return null;
    byte[] data = Arrays.copyOfRange(bytes, HEADER_BYTES + 1, end);
    return new Command(bytes, data, bytes.length == end ? 0 : askedFor(bytes[end] & 0xFF));
  }

  private static int askedFor(int le) {
    return le == 0 ? MAX_RESPONSE_DATA : le;
  }
}
