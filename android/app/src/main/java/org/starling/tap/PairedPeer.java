package org.starling.tap;

import android.content.Context;
import android.content.SharedPreferences;

/** The peer that this phone is paired with, and the applet that serves it. One in a process, for service and screen. */
final class PairedPeer {
  private static final String FILE = "pairing";
  private static final String CODE = "code";
  private static PairedPeer current;

  private final PairingCode pairing;
  private final PeerLine line;
  private final TapApplet applet;

  private PairedPeer(PairingCode pairing) {
    this.pairing = pairing;
    line = new PeerLine(pairing);
    applet = new TapApplet(line);
    Thread network = new Thread(this::keepLine, "peer line");
    network.setDaemon(true);
    network.start();
  }

  /** Null where this phone was never paired. */
  static synchronized PairedPeer of(Context context) {
    if (current == null) {
      String code = preferences(context).getString(CODE, null);
      PairingCode known = code == null ? null : PairingCode.parse(code);
      if (known != null) current = new PairedPeer(known);
    }
    return current;
  }

  /** Takes the place of the peer before. */
  static synchronized void pair(Context context, String code, PairingCode pairing) {
    preferences(context).edit().putString(CODE, code).commit();
    if (current != null) current.line.close();
    current = new PairedPeer(pairing);
  }

  TapApplet applet() {
    return applet;
  }

  /** Where it is, for people. */
  String address() {
    return pairing.addresses.get(0);
  }

  private void keepLine() {
    try {
      line.run(applet);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Private to this app, and in no backup. */
  private static SharedPreferences preferences(Context context) {
    return context.getSharedPreferences(FILE, Context.MODE_PRIVATE);
  }
}
