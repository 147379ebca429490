#!/usr/bin/env bash
# Builds android/build/starling-tap.apk with Debian's tools and two libraries of Maven Central; docs/android.md says what it needs.
set -euo pipefail
cd "$(dirname "$0")"
umask 077

repository=~/.m2/repository
framework=org/robolectric/android-all/4.4_r1-robolectric-r2/android-all-4.4_r1-robolectric-r2.jar
dx=com/jakewharton/android/repackaged/dalvik-dx/16.0.1/dalvik-dx-16.0.1.jar
least=26

fetch() { [ -e "$repository/$1" ] || mvn -q -B dependency:get -Dtransitive=false -Dartifact="$2"; }
fetch "$framework" org.robolectric:android-all:4.4_r1-robolectric-r2
fetch "$dx" com.jakewharton.android.repackaged:dalvik-dx:16.0.1

work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
mkdir -p build "$work"/{framework,generated,classes}

# aapt takes the framework's resources for a package of its own: what is missing is a manifest that names it.
echo '<manifest package="android"/>' > "$work/framework/AndroidManifest.xml"
aapt package -f -M "$work/framework/AndroidManifest.xml" -F "$work/framework.apk"
unzip -q "$repository/$framework" resources.arsc -d "$work/framework"
(cd "$work/framework" && zip -q -0 ../framework.apk resources.arsc)

aapt package -f -m -J "$work/generated" -M app/src/main/AndroidManifest.xml -S app/src/main/res \
  -I "$work/framework.apk" -F "$work/bare.apk"
find applet/src app/src/main/java "$work/generated" -name '*.java' -print0 |
  xargs -0 javac --release 8 -Xlint:-options -cp "$repository/$framework" -d "$work/classes"
java -cp "$repository/$dx" com.android.dx.command.Main --dex --min-sdk-version="$least" \
  --output="$work/classes.dex" "$work/classes"
(cd "$work" && aapt add bare.apk classes.dex > /dev/null)
zipalign -f 4 "$work/bare.apk" "$work/aligned.apk"

# Whoever can write to this folder can change the app anyway: the key's password protects nothing.
key=build/key.p12
[ -e "$key" ] || keytool -genkeypair -keystore "$key" -storetype PKCS12 -storepass android -alias tap -keyalg RSA -keysize 3072 \
  -validity 10000 -dname "CN=Starling Tap" 2> /dev/null
apksigner sign --ks "$key" --ks-pass pass:android --min-sdk-version "$least" --out build/starling-tap.apk "$work/aligned.apk"
apksigner verify --min-sdk-version "$least" build/starling-tap.apk
