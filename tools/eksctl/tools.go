//go:build tools

package tools

import _ "github.com/weaveworks/eksctl/cmd/eksctl"
