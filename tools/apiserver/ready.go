package main

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// adminToken reads the token of the administrator from dir, or makes one, so that a restart keeps kubeconfigs valid.
func adminToken(dir string) (string, error) {
	file := filepath.Join(dir, "admin-token")
	if b, err := os.ReadFile(file); err == nil {
		return strings.TrimSpace(string(b)), nil
	} else if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	b := make([]byte, 24)
	if _, err := rand.Read(b); err != nil {
		return "", err
	}
	token := hex.EncodeToString(b)
	return token, os.WriteFile(file, []byte(token+"\n"), 0o600)
}

func writeKubeconfig(file, server, caFile, token string) error {
	ca, err := os.ReadFile(caFile)
	if err != nil {
		return err
	}
	c := clientcmdapi.NewConfig()
	c.Clusters["test"] = &clientcmdapi.Cluster{Server: server, CertificateAuthorityData: ca}
	c.AuthInfos["admin"] = &clientcmdapi.AuthInfo{Token: token}
	c.Contexts["test"] = &clientcmdapi.Context{Cluster: "test", AuthInfo: "admin", Namespace: "default"}
	c.CurrentContext = "test"
	return clientcmd.WriteToFile(*c, file)
}

// announce waits until the server answers, makes the namespaces that every cluster has, and prints the ready line.
func announce(ctx context.Context, loopback *rest.Config, line map[string]any) error {
	client, err := rest.HTTPClientFor(loopback)
	if err != nil {
		return err
	}
	send := func(method, path, body string) (int, error) {
		r, err := http.NewRequestWithContext(ctx, method, loopback.Host+path, strings.NewReader(body))
		if err != nil {
			return 0, err
		}
		r.Header.Set("Content-Type", "application/json")
		a, err := client.Do(r)
		if err != nil {
			return 0, err
		}
		return a.StatusCode, a.Body.Close()
	}
	for {
		if code, err := send(http.MethodGet, "/readyz", ""); err == nil && code == http.StatusOK {
			break
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(20 * time.Millisecond):
		}
	}
	for _, name := range []string{"default", "kube-node-lease", "kube-public", "kube-system"} {
		code, err := send(http.MethodPost, "/api/v1/namespaces", `{"apiVersion":"v1","kind":"Namespace","metadata":{"name":"`+name+`"}}`)
		if err != nil {
			return err
		}
		if code != http.StatusCreated && code != http.StatusConflict {
			return fmt.Errorf("creating the namespace %s: HTTP %d", name, code)
		}
	}
	b, err := json.Marshal(line)
	if err != nil {
		return err
	}
	_, err = fmt.Println(string(b))
	return err
}
