#!/usr/bin/env bash
# Sets up the box of the Vagrantfile, as root. Can be run again. Checked with `bash -n` only, not run.
set -euo pipefail

: "${FREESWITCH_TOKEN:?set FREESWITCH_TOKEN to a personal access token of SignalWire, see vagrant/Vagrantfile}"
export DEBIAN_FRONTEND=noninteractive
home=/opt/fs_app
packages=https://freeswitch.signalwire.com/repo/deb/debian-release

# --- FreeSWITCH from the vendor's packages; only the modules that conf/freeswitch loads -------------------------

apt-get update
apt-get install -y ca-certificates curl rsync
keyring=/usr/share/keyrings/signalwire-freeswitch-repo.gpg
umask 077
printf 'machine freeswitch.signalwire.com login signalwire password %s\n' "$FREESWITCH_TOKEN" \
    >/etc/apt/auth.conf.d/freeswitch.conf
curl -fsS --netrc-file /etc/apt/auth.conf.d/freeswitch.conf -o "$keyring" "$packages/signalwire-freeswitch-repo.gpg"
umask 022
chmod 644 "$keyring"
echo "deb [signed-by=$keyring] $packages bookworm main" >/etc/apt/sources.list.d/freeswitch.list
apt-get update
apt-get install -y freeswitch freeswitch-systemd freeswitch-mod-{logfile,event-socket,commands,dptools,dialplan-xml} \
    freeswitch-mod-{sofia,sndfile,tone-stream,spandsp,callcenter}

# --- fs_app -----------------------------------------------------------------------------------------------------

id fs_app >/dev/null 2>&1 || useradd --system --home-dir "$home" --shell /usr/sbin/nologin fs_app
rsync -a --delete --exclude .venv --exclude var --exclude conf/site.yaml --exclude conf/freeswitch/secrets.xml \
    /vagrant/ "$home/"
cd "$home"
scripts/bootstrap
[ -e conf/site.yaml ] || cp conf/fs_app.yaml conf/site.yaml
install -d -o fs_app -g fs_app var
for words in "db upgrade" "db demo"; do
    # shellcheck disable=SC2086
    runuser -u fs_app -- .venv/bin/fs-app --config conf/site.yaml $words
done
install -m 644 conf/systemd/*.service /etc/systemd/system/

# --- its configuration of FreeSWITCH ----------------------------------------------------------------------------

rsync -a --delete --exclude secrets.xml conf/freeswitch/ /etc/freeswitch/
/etc/freeswitch/make-secrets
chown -R freeswitch:freeswitch /etc/freeswitch

systemctl daemon-reload
systemctl enable --now fs-app-sandbox@site fs-app-calls@site
systemctl enable freeswitch
systemctl restart freeswitch
