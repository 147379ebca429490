package android.content;

/** As much of Android's interface as the app uses, to compile it where the framework's own jar is out of reach. */
public abstract class Context {
  public static final int MODE_PRIVATE = 0;

  public SharedPreferences getSharedPreferences(String name, int mode) {
    throw new UnsupportedOperationException();
  }

  public final String getString(int id, Object... arguments) {
    throw new UnsupportedOperationException();
  }
}
