// Command apiserver is a Kubernetes API server for tests on loopback: the generic
// API server, etcd3 storage and watch cache of k8s.io/apiserver, the custom
// resource server of k8s.io/apiextensions-apiserver, and built-in kinds of
// k8s.io/api on the generic registry (no admission, defaulting, controllers).
//
//go:debug default=go1.26
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	oteltracenoop "go.opentelemetry.io/otel/trace/noop"
	authenticationv1 "k8s.io/api/authentication/v1"
	authorizationv1 "k8s.io/api/authorization/v1"
	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1beta1"
	crdserver "k8s.io/apiextensions-apiserver/pkg/apiserver"
	crdoptions "k8s.io/apiextensions-apiserver/pkg/cmd/server/options"
	crdopenapi "k8s.io/apiextensions-apiserver/pkg/generated/openapi"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	discoveryendpoint "k8s.io/apiserver/pkg/endpoints/discovery/aggregated"
	genericapifilters "k8s.io/apiserver/pkg/endpoints/filters"
	openapinamer "k8s.io/apiserver/pkg/endpoints/openapi"
	genericapiserver "k8s.io/apiserver/pkg/server"
	"k8s.io/apiserver/pkg/server/options"
	serverstorage "k8s.io/apiserver/pkg/server/storage"
	"k8s.io/apiserver/pkg/storage/storagebackend"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/apiserver/pkg/util/notfoundhandler"
	"k8s.io/apiserver/pkg/util/openapi"
	"k8s.io/apiserver/pkg/util/webhook"
	"k8s.io/component-base/cli"
	openapicommon "k8s.io/kube-openapi/pkg/common"
	"kube-informer.test/apiserver/definitions"
)

type serverOptions struct {
	run        *options.ServerRunOptions
	etcd       *options.EtcdOptions
	serving    *options.SecureServingOptionsWithLoopback
	auth       authOptions
	port       int
	dataDir    string
	kubeconfig string
	withStdin  bool
}

func main() {
	o := &serverOptions{
		run:     options.NewServerRunOptions(),
		etcd:    options.NewEtcdOptions(storagebackend.NewDefaultConfig("/registry", nil)),
		serving: options.NewSecureServingOptions().WithLoopback(),
	}
	o.etcd.DefaultStorageMediaType = runtime.ContentTypeProtobuf
	o.serving.BindAddress = net.ParseIP("127.0.0.1")
	// open watches would otherwise keep a stopping server alive
	o.run.ShutdownWatchTerminationGracePeriod = time.Second
	cmd := &cobra.Command{
		Use:               "apiserver",
		SilenceUsage:      true,
		PersistentPreRunE: func(*cobra.Command, []string) error { return o.run.ComponentGlobalsRegistry.Set() },
		RunE:              func(c *cobra.Command, _ []string) error { return o.main(c.Context()) },
	}
	cmd.SetContext(genericapiserver.SetupSignalContext())
	f := cmd.Flags()
	o.run.AddUniversalFlags(f)
	o.etcd.AddFlags(f)
	o.serving.AddFlags(f)
	o.auth.addFlags(f)
	f.IntVar(&o.port, "port", 0, "port on the bind address; 0 takes a free one")
	f.StringVar(&o.dataDir, "data-dir", "", "etcd's data, certificate and token; without it, a temporary folder that is removed at exit")
	f.StringVar(&o.kubeconfig, "kubeconfig-out", "", "where to write the administrator's kubeconfig (default: <data-dir>/kubeconfig)")
	f.BoolVar(&o.withStdin, "until-stdin-closes", false, "stop when the standard input ends, so that the server does not outlive who started it")
	os.Exit(cli.Run(cmd))
}

// main prepares what outlives the server (data, etcd, certificate, token) and runs the server until it is told to stop.
func (o *serverOptions) main(ctx context.Context) error {
	if o.dataDir == "" {
		dir, err := os.MkdirTemp("", "apiserver-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(dir)
		o.dataDir = dir
	} else if err := os.MkdirAll(o.dataDir, 0o700); err != nil {
		return err
	}
	if o.kubeconfig == "" {
		o.kubeconfig = filepath.Join(o.dataDir, "kubeconfig")
	}
	o.serving.ServerCert.CertDirectory = filepath.Join(o.dataDir, "certs")

	listener, err := net.Listen("tcp", net.JoinHostPort(o.serving.BindAddress.String(), strconv.Itoa(o.port)))
	if err != nil {
		return err
	}
	defer listener.Close()
	o.serving.Listener = listener
	o.serving.BindPort = listener.Addr().(*net.TCPAddr).Port

	if len(o.etcd.StorageConfig.Transport.ServerList) == 0 {
		e, address, err := startEtcd(o.dataDir)
		if err != nil {
			return err
		}
		defer e.Close()
		o.etcd.StorageConfig.Transport.ServerList = []string{address}
	}

	if err := o.run.Complete(); err != nil {
		return err
	}
	if o.run.AdvertiseAddress == nil {
		o.run.AdvertiseAddress = o.serving.BindAddress
	}
	if err := errors.Join(append(append(o.run.Validate(), o.etcd.Validate()...), o.serving.Validate()...)...); err != nil {
		return err
	}
	if o.auth.adminToken, err = adminToken(o.dataDir); err != nil {
		return err
	}
	return o.start(ctx)
}

func (o *serverOptions) config(name string, defs openapicommon.GetOpenAPIDefinitions, namer *openapinamer.DefinitionNamer, c *genericapiserver.RecommendedConfig) error {
	if err := o.run.ApplyTo(&c.Config); err != nil {
		return err
	}
	defs = openapi.GetOpenAPIDefinitionsWithoutDisabledFeatures(defs)
	c.OpenAPIConfig = genericapiserver.DefaultOpenAPIConfig(defs, namer)
	c.OpenAPIConfig.Info.Title = name
	c.OpenAPIV3Config = genericapiserver.DefaultOpenAPIV3Config(defs, namer)
	c.OpenAPIV3Config.Info.Title = name
	return nil
}

func (o *serverOptions) start(ctx context.Context) error {
	utilfeature.DefaultMutableFeatureGate.AddMetrics()
	if err := o.serving.MaybeDefaultWithSelfSignedCerts("localhost", nil, []net.IP{o.serving.BindAddress, net.ParseIP("127.0.0.1")}); err != nil {
		return fmt.Errorf("self-signed certificates: %w", err)
	}

	// what both servers share
	config := genericapiserver.NewRecommendedConfig(codecs)
	if err := o.config("Kubernetes", definitions.GetOpenAPIDefinitions, openapinamer.NewDefinitionNamer(scheme, crdserver.Scheme), config); err != nil {
		return err
	}
	if err := o.serving.ApplyTo(&config.SecureServing, &config.LoopbackClientConfig); err != nil {
		return err
	}
	config.LoopbackClientConfig.ContentConfig.ContentType = "application/vnd.kubernetes.protobuf"
	config.LoopbackClientConfig.DisableCompression = true
	if err := o.auth.applyTo(&config.Config); err != nil {
		return err
	}
	config.AggregatedDiscoveryGroupManager = discoveryendpoint.NewResourceManager("apis")

	// custom resources
	crdConfig := *config
	crdConfig.Serializer = crdserver.Codecs
	if err := o.config("Kubernetes CRD", crdopenapi.GetOpenAPIDefinitions, openapinamer.NewDefinitionNamer(crdserver.Scheme, scheme), &crdConfig); err != nil {
		return err
	}
	crdConfig.PostStartHooks = map[string]genericapiserver.PostStartHookConfigEntry{}
	crdConfig.SkipOpenAPIInstallation = true
	crdConfig.MergedResourceConfig = crdserver.DefaultAPIResourceConfigSource()
	crdEtcd := *o.etcd
	crdEtcd.SkipHealthEndpoints = true
	crdEtcd.StorageConfig.Codec = crdserver.Codecs.LegacyCodec(v1beta1.SchemeGroupVersion, apiextensionsv1.SchemeGroupVersion)
	crdEtcd.StorageConfig.EncodeVersioner = runtime.NewMultiGroupVersioner(apiextensionsv1.SchemeGroupVersion, schema.GroupKind{Group: apiextensionsv1.GroupName})
	if err := crdEtcd.ApplyTo(&crdConfig.Config); err != nil {
		return err
	}
	crds, err := (&crdserver.Config{
		GenericConfig: &crdConfig,
		ExtraConfig: crdserver.ExtraConfig{
			CRDRESTOptionsGetter: crdoptions.NewCRDRESTOptionsGetter(crdEtcd, crdConfig.ResourceTransformers, crdConfig.StorageObjectCountTracker),
			MasterCount:          1,
			ServiceResolver:      webhook.NewDefaultServiceResolver(),
			AuthResolverWrapper:  webhook.NewDefaultAuthenticationInfoResolverWrapper(nil, nil, config.LoopbackClientConfig, oteltracenoop.NewTracerProvider()),
		},
	}).Complete().New(genericapiserver.NewEmptyDelegateWithCustomHandler(
		notfoundhandler.New(codecs, genericapifilters.NoMuxAndDiscoveryIncompleteKey)))
	if err != nil {
		return fmt.Errorf("custom resource server: %w", err)
	}

	// built-in kinds
	resources := serverstorage.NewResourceConfig()
	var groups []schema.GroupVersion
	seen := map[schema.GroupVersion]bool{}
	for _, k := range kinds {
		if !seen[k.gv] {
			seen[k.gv] = true
			groups = append(groups, k.gv)
		}
	}
	resources.EnableVersions(groups...)
	resources.EnableVersions(authenticationv1.SchemeGroupVersion, authorizationv1.SchemeGroupVersion)
	config.MergedResourceConfig = resources
	storageConfig := o.etcd.StorageConfig
	factory := serverstorage.NewDefaultStorageFactory(storageConfig, o.etcd.DefaultStorageMediaType, codecs,
		serverstorage.NewDefaultResourceEncodingConfig(scheme), resources, nil)
	if err := o.etcd.ApplyWithStorageFactoryTo(factory, &config.Config); err != nil {
		return err
	}
	core, err := config.Complete().New("kube-apiserver", crds.GenericAPIServer)
	if err != nil {
		return fmt.Errorf("core server: %w", err)
	}
	if err := install(core, groups, reviews(o.auth.tokens, config.Authorization.Authorizer), config.RESTOptionsGetter); err != nil {
		return err
	}
	publishCRDGroups(crds, core)

	prepared := core.PrepareRun()
	// one OpenAPI document for both servers
	crds.GenericAPIServer.OpenAPIVersionedService = core.OpenAPIVersionedService
	crds.GenericAPIServer.OpenAPIV3VersionedService = core.OpenAPIV3VersionedService
	crds.GenericAPIServer.StaticOpenAPISpec = core.StaticOpenAPISpec

	server := "https://" + o.serving.Listener.Addr().String()
	if err := writeKubeconfig(o.kubeconfig, server, o.serving.ServerCert.CertKey.CertFile, o.auth.adminToken); err != nil {
		return err
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	if o.withStdin {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			cancel(nil)
		}()
	}
	go func() {
		line := map[string]any{"server": server, "kubeconfig": o.kubeconfig, "pid": os.Getpid(), "etcd": o.etcd.StorageConfig.Transport.ServerList}
		if err := announce(ctx, config.LoopbackClientConfig, line); err != nil && ctx.Err() == nil {
			cancel(err)
		}
	}()
	err = prepared.RunWithContext(ctx)
	if cause := context.Cause(ctx); err == nil && cause != nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}
