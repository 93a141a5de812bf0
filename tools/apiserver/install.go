package main

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/registry/generic"
	"k8s.io/apiserver/pkg/registry/rest"
	genericapiserver "k8s.io/apiserver/pkg/server"
)

// install serves the stored kinds of the groups, then the reviews.
func install(core *genericapiserver.GenericAPIServer, groups []schema.GroupVersion, reviews []*review, getter generic.RESTOptionsGetter) error {
	group := func(gv schema.GroupVersion, storages map[string]rest.Storage) error {
		info := genericapiserver.NewDefaultAPIGroupInfo(gv.Group, scheme, runtime.NewParameterCodec(scheme), codecs)
		info.PrioritizedVersions = []schema.GroupVersion{gv}
		info.VersionedResourcesStorageMap[gv.Version] = storages
		if gv.Group == "" {
			return core.InstallLegacyAPIGroup(genericapiserver.DefaultLegacyAPIPrefix, &info)
		}
		return core.InstallAPIGroup(&info)
	}
	for _, gv := range groups {
		storages := map[string]rest.Storage{}
		for _, k := range kinds {
			if k.gv != gv {
				continue
			}
			s, err := k.storages(getter)
			if err != nil {
				return fmt.Errorf("%s: %w", k.resource, err)
			}
			for path, st := range s {
				storages[path] = st
			}
		}
		if err := group(gv, storages); err != nil {
			return err
		}
	}
	byGroup := map[schema.GroupVersion]map[string]rest.Storage{}
	for _, r := range reviews {
		if byGroup[r.gv] == nil {
			byGroup[r.gv] = map[string]rest.Storage{}
		}
		byGroup[r.gv][r.resource] = r
	}
	for gv, storages := range byGroup {
		if err := group(gv, storages); err != nil {
			return err
		}
	}
	return nil
}
