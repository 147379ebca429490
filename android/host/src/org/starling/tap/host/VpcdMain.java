package org.starling.tap.host;

import java.io.BufferedReader;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.Socket;
import org.starling.tap.PairingCode;
import org.starling.tap.PeerLine;
import org.starling.tap.TapApplet;

/**
 * Holds the phone's applet to vsmartcard's virtual reader, on a JVM in a phone's place. Reads the pairing code from its
 * standard input (an argument would show in the list of processes); `PORT` is the reader's slot. With `PORT N` the phone is
 * taken away when it was to answer command N. Each further line on the input holds it to the reader again: `PORT` or `PORT N`.
 */
public final class VpcdMain {
  private static final byte[] ANSWER_TO_RESET = {0x3B, (byte) 0x80, (byte) 0x80, 0x01, 0x01};
  private static final int POWER_OFF = 0;
  private static final int RESET = 2;
  private static final int GET_ANSWER_TO_RESET = 4;

  private VpcdMain() {}

  public static void main(String[] args) throws IOException {
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in));
    String code = input.readLine();
    PairingCode pairing = code == null ? null : PairingCode.parse(code);
    if (pairing == null) {
      System.err.println("the first line on standard input is no pairing code");
      System.exit(1);
    }
    PeerLine line = new PeerLine(pairing);
    TapApplet applet = new TapApplet(line);
    Thread network = new Thread(() -> keep(line, applet));
    network.setDaemon(true);
    network.start();
    System.out.println("paired");
    for (String tap = input.readLine(); tap != null; tap = input.readLine()) {
      String[] words = tap.split(" ");
      int torn = words.length > 1 ? Integer.parseInt(words[1]) : Integer.MAX_VALUE;
      System.out.println("commands " + hold(applet, Integer.parseInt(words[0]), torn));
    }
    line.close();
  }

  private static void keep(PeerLine line, TapApplet applet) {
    try {
      line.run(applet, frame -> {});
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Until the reader is gone, or the phone. Gives the number of commands. */
  private static int hold(TapApplet applet, int port, int torn) {
    int commands = 0;
    try (Socket socket = new Socket("127.0.0.1", port)) {
      socket.setTcpNoDelay(true);
      DataInputStream in = new DataInputStream(socket.getInputStream());
      DataOutputStream out = new DataOutputStream(socket.getOutputStream());
      while (commands < torn) {
        byte[] message = new byte[in.readUnsignedShort()];
        in.readFully(message);
        if (message.length > 1) {
          commands++;
          byte[] response = applet.process(message);
          if (commands < torn) send(out, response);
        } else if (message[0] == GET_ANSWER_TO_RESET) {
          send(out, ANSWER_TO_RESET);
        } else if (message[0] == POWER_OFF || message[0] == RESET) {
          applet.leaveField();
        }
      }
    } catch (IOException e) {
      // The reader is gone.
    }
    applet.leaveField();
    return commands;
  }

  private static void send(DataOutputStream out, byte[] message) throws IOException {
    byte[] frame = new byte[2 + message.length];
    frame[0] = (byte) (message.length >> 8);
    frame[1] = (byte) message.length;
    System.arraycopy(message, 0, frame, 2, message.length);
    out.write(frame);
    out.flush();
  }
}
