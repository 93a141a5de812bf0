package main

import (
	"fmt"
	"net/url"
	"path/filepath"
	"time"

	"go.etcd.io/etcd/server/v3/embed"
)

// Bookmarks of a quiet collection need etcd to tell its progress now and then; kubeadm sets the same interval.
const progressInterval = 5 * time.Second

// startEtcd runs an etcd of one member in this process, on free ports of the loopback interface, with its data under dir.
// It doesn't wait for the disk: the data survives the death of this process, not that of the machine.
func startEtcd(dir string) (*embed.Etcd, string, error) {
	anyPort := url.URL{Scheme: "http", Host: "127.0.0.1:0"}
	c := embed.NewConfig()
	c.Name = "tests"
	c.Dir = filepath.Join(dir, "etcd")
	c.LogLevel = "error"
	c.UnsafeNoFsync = true
	c.QuotaBackendBytes = 8 << 30
	c.WatchProgressNotifyInterval = progressInterval
	c.ListenClientUrls, c.AdvertiseClientUrls = []url.URL{anyPort}, []url.URL{anyPort}
	c.ListenPeerUrls, c.AdvertisePeerUrls = []url.URL{anyPort}, []url.URL{anyPort}
	c.InitialCluster = c.InitialClusterFromName(c.Name)
	e, err := embed.StartEtcd(c)
	if err != nil {
		return nil, "", fmt.Errorf("etcd: %w", err)
	}
	select {
	case <-e.Server.ReadyNotify():
	case err := <-e.Err():
		return nil, "", fmt.Errorf("etcd: %w", err)
	case <-time.After(time.Minute):
		e.Close()
		return nil, "", fmt.Errorf("etcd was not ready within a minute; is %s in use?", c.Dir)
	}
	return e, "http://" + e.Clients[0].Addr().String(), nil
}
