package android.nfc.cardemulation;

import android.content.Context;
import android.os.Bundle;

public abstract class HostApduService extends Context {
  public void onCreate() {}

  public void onDestroy() {}

  public final void sendResponseApdu(byte[] response) {}

  public abstract byte[] processCommandApdu(byte[] command, Bundle extras);

  public abstract void onDeactivated(int reason);
}
