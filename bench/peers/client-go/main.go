// Command client-go syncs one informer of client-go with an API server, says in one line of JSON what that took. With
// -updates it says in a second line how long so many updates after that took; with -follow it prints every event after the sync, until
// standard input closes.
//
//	client-go -kubeconfig ./config -resource v1/pods -count 50000
//	client-go -server http://127.0.0.1:8001 -resource example.com/v1/widgets -kind metadata
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	apiruntime "k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/dynamic/dynamicinformer"
	typedv1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
)

// What one run measured. Times and processor time count from the start of the informer; memory is read after a collection.
type result struct {
	Objects         int     `json:"objects"`
	SyncMs          float64 `json:"syncMs"`
	CPUMs           float64 `json:"cpuMs"`
	ReceivedBytes   int64   `json:"receivedBytes"`
	HeapBytes       uint64  `json:"heapBytes"`
	RSSBytes        uint64  `json:"rssBytes"`
	PeakRSSBytes    uint64  `json:"peakRssBytes"`
	RSSBytesAtSync  uint64  `json:"rssBytesAtSync"`
	HeapBytesBefore uint64  `json:"heapBytesBefore"`
	Go              string  `json:"go"`
}

// What the updates after the sync took, counted from the line that says that the sync is done.
type burst struct {
	BurstMs    float64 `json:"burstMs"`
	BurstCPUMs float64 `json:"burstCpuMs"`
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "client-go:", err)
	os.Exit(1)
}

// parseResource reads group/version/resource, or version/resource for the core group.
func parseResource(text string) (schema.GroupVersionResource, error) {
	parts := strings.Split(text, "/")
	switch len(parts) {
	case 2:
		return schema.GroupVersionResource{Version: parts[0], Resource: parts[1]}, nil
	case 3:
		return schema.GroupVersionResource{Group: parts[0], Version: parts[1], Resource: parts[2]}, nil
	}
	return schema.GroupVersionResource{}, fmt.Errorf("-resource %q is not [group/]version/resource", text)
}

func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// memoryOf reads one line of /proc/self/status, in bytes; 0 where there is none.
func memoryOf(key string) uint64 {
	file, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer file.Close()
	for lines := bufio.NewScanner(file); lines.Scan(); {
		if fields := strings.Fields(lines.Text()); len(fields) > 1 && fields[0] == key+":" {
			kib, _ := strconv.ParseUint(fields[1], 10, 64)
			return kib * 1024
		}
	}
	return 0
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// counted counts the bytes of every body that comes in.
type counted struct {
	next  http.RoundTripper
	bytes *atomic.Int64
}

type countedBody struct {
	io.ReadCloser
	bytes *atomic.Int64
}

func (c counted) RoundTrip(request *http.Request) (*http.Response, error) {
	response, err := c.next.RoundTrip(request)
	if err == nil {
		response.Body = countedBody{response.Body, c.bytes}
	}
	return response, err
}

func (b countedBody) Read(into []byte) (int, error) {
	n, err := b.ReadCloser.Read(into)
	b.bytes.Add(int64(n))
	return n, err
}

func name(object any) string {
	if gone, ok := object.(cache.DeletedFinalStateUnknown); ok {
		return gone.Key
	}
	accessor, err := meta.Accessor(object)
	if err != nil {
		fail(err)
	}
	return accessor.GetNamespace() + "/" + accessor.GetName()
}

func main() {
	kubeconfig := flag.String("kubeconfig", "", "path of a kubeconfig")
	server := flag.String("server", "", "address of the server, instead of or beside the kubeconfig's")
	token := flag.String("token", "", "bearer token")
	resource := flag.String("resource", "v1/pods", "[group/]version/resource")
	namespace := flag.String("namespace", "", "one namespace; all without it")
	kind := flag.String("kind", "dynamic", "dynamic, metadata, or typed (pods only)")
	protobuf := flag.Bool("protobuf", false, "ask for protobuf instead of JSON; not for dynamic")
	updates := flag.Int64("updates", 0, "after the sync wait for so many updates")
	count := flag.Int("count", -1, "how many objects there must be when synced")
	strip := flag.Bool("strip-managed-fields", false, "drop metadata.managedFields before storing")
	follow := flag.Bool("follow", false, "after the sync print every event as a line, until standard input closes")
	patience := flag.Duration("timeout", 5*time.Minute, "give up after this long without a sync")
	flag.Parse()

	gvr, err := parseResource(*resource)
	if err != nil {
		fail(err)
	}
	config, err := clientcmd.BuildConfigFromFlags(*server, *kubeconfig)
	if err != nil {
		fail(err)
	}
	if *token != "" {
		config.BearerToken = *token
	}
	// client-go throttles itself unless told not to; one list and one watch are no burden.
	config.QPS = -1
	// Every contestant gets the same bytes, unless it is to be seen what client-go does with its own format.
	config.AcceptContentTypes, config.ContentType = "application/json", "application/json"
	if *protobuf {
		config.AcceptContentTypes = "application/vnd.kubernetes.protobuf,application/json"
		config.ContentType = "application/vnd.kubernetes.protobuf"
	}
	var received atomic.Int64
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return counted{next, &received} })
	informer, err := newInformer(config, *kind, gvr, *namespace)
	if err != nil {
		fail(err)
	}
	if *strip {
		err := informer.SetTransform(func(object any) (any, error) {
			if accessor, err := meta.Accessor(object); err == nil {
				accessor.SetManagedFields(nil)
			}
			return object, nil
		})
		if err != nil {
			fail(err)
		}
	}
	var synced atomic.Bool
	var updated atomic.Int64
	allUpdated := make(chan struct{})
	say := func(event string, object any) {
		if *follow && synced.Load() {
			fmt.Println(event, name(object))
		}
	}
	registration, err := informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    func(object any) { say("add", object) },
		UpdateFunc: func(_, object any) {
			if updated.Add(1) == *updates {
				close(allUpdated)
			}
			say("update", object)
		},
		DeleteFunc: func(object any) { say("delete", object) },
	})
	if err != nil {
		fail(err)
	}

	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	measured := result{HeapBytesBefore: heap(), Go: runtime.Version()}
	deadline := time.AfterFunc(*patience, func() { fail(fmt.Errorf("no sync after %s", *patience)) })
	cpu, start := cpuTime(), time.Now()
	go informer.Run(ctx.Done())
	for !registration.HasSynced() {
		time.Sleep(time.Millisecond)
	}
	measured.SyncMs = float64(time.Since(start).Microseconds()) / 1000
	measured.CPUMs = float64((cpuTime() - cpu).Microseconds()) / 1000
	deadline.Stop()
	synced.Store(true)
	measured.RSSBytesAtSync = memoryOf("VmRSS")
	measured.Objects = len(informer.GetStore().ListKeys())
	measured.ReceivedBytes = received.Load()
	measured.HeapBytes = heap()
	measured.RSSBytes, measured.PeakRSSBytes = memoryOf("VmRSS"), memoryOf("VmHWM")
	line, err := json.Marshal(measured)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(line))
	if *count >= 0 && measured.Objects != *count {
		fail(fmt.Errorf("%d objects instead of %d", measured.Objects, *count))
	}
	if *updates > 0 {
		cpu, start = cpuTime(), time.Now()
		select {
		case <-allUpdated:
		case <-time.After(*patience):
			fail(fmt.Errorf("%d of %d updates after %s", updated.Load(), *updates, *patience))
		}
		took := burst{
			BurstMs:    float64(time.Since(start).Microseconds()) / 1000,
			BurstCPUMs: float64((cpuTime() - cpu).Microseconds()) / 1000,
		}
		line, err := json.Marshal(took)
		if err != nil {
			fail(err)
		}
		fmt.Println(string(line))
	}
	if *follow {
		io.Copy(io.Discard, os.Stdin)
	}
}

func newInformer(config *rest.Config, kind string, gvr schema.GroupVersionResource, namespace string) (cache.SharedIndexInformer, error) {
	switch kind {
	case "dynamic":
		client, err := dynamic.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		return dynamicinformer.NewFilteredDynamicSharedInformerFactory(client, 0, namespace, nil).ForResource(gvr).Informer(), nil
	case "metadata":
		client, err := metadata.NewForConfig(config)
		if err != nil {
			return nil, err
		}
		return metadatainformer.NewFilteredSharedInformerFactory(client, 0, namespace, nil).ForResource(gvr).Informer(), nil
	}
	if kind != "typed" {
		return nil, fmt.Errorf("-kind %q is none of dynamic, metadata and typed", kind)
	}
	client, err := typedv1.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	// What the generated informer of pods is made of, without the clients of all other groups.
	pods := client.Pods(namespace)
	listWatch := &cache.ListWatch{
		ListWithContextFunc: func(ctx context.Context, options metav1.ListOptions) (apiruntime.Object, error) {
			return pods.List(ctx, options)
		},
		WatchFuncWithContext: func(ctx context.Context, options metav1.ListOptions) (watch.Interface, error) {
			return pods.Watch(ctx, options)
		},
	}
	listerWatcher := cache.ToListWatcherWithWatchListSemantics(listWatch, client)
	indexers := cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc}
	return cache.NewSharedIndexInformer(listerWatcher, &corev1.Pod{}, 0, indexers), nil
}
